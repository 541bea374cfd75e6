import Console

/// The end of a launch: what is up, what is missing and why.
struct LaunchReport: Sendable, Equatable {
    /// The names that this launch made, by zone.
    var created: [String: [String]] = [:]
    /// The names that were there already, made by somebody else with the same run meanwhile, by zone.
    var existing: [String: [String]] = [:]
    /// The names that are not there, in the order of the request.
    var missing: [String] = []
    /// Why; nil when nothing is missing.
    var reason: String?
    /// What to do; nil when nothing is missing.
    var remedy: String?
    /// How the tool ends because of it: `done` when nothing is missing.
    var status: ExitStatus = .done
    /// How many requests to make VMs were sent, repetitions of lost ones not counted.
    var requests = 0

    init() {}

    var upCount: Int { (Array(created.values) + existing.values).reduce(0) { $0 + $1.count } }

    /// One sentence: "12 of 60 VMs are up (12 in asia-northeast1-a), 48 are missing: …; …".
    var summary: String {
        let places = created.merging(existing) { $0 + $1 }.filter { !$0.value.isEmpty }
            .sorted { $0.key < $1.key }.map { "\($0.value.count) in \($0.key)" }.joined(separator: ", ")
        let total = upCount + missing.count
        var text = "\(upCount) of \(total) \(total == 1 ? "VM is" : "VMs are") up"
        if !places.isEmpty { text += " (\(places))" }
        guard !missing.isEmpty else { return text }
        text += ", \(missing.count) \(missing.count == 1 ? "is" : "are") missing"
        if let reason { text += ": \(reason)" }
        if let remedy { text += "; \(remedy)" }
        return text
    }
}

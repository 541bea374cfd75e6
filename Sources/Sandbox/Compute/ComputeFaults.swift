/// The rules of what goes wrong, and how often each has struck.
struct ComputeFaults: Sendable {
    private struct Entry: Sendable {
        let rule: ComputeFault
        var struck = 0
        /// For rules that count each VM apart.
        var struckByName: [String: Int] = [:]
    }

    /// A series of random preemptions that is under way.
    struct Series: Sendable {
        var left: Int
        var random: SplitMix
        let between: ClosedRange<Int>
        var isWaiting = false
    }

    private var entries: [Entry] = []
    var series: [Series] = []
    /// Another number with each new set of rules, so that what an older set has planned is known.
    let number: Int

    init(_ rules: [ComputeFault] = [], number: Int = 0) {
        self.number = number
        for rule in rules { add(rule) }
    }

    var rules: [ComputeFault] { entries.map(\.rule) }

    mutating func add(_ rule: ComputeFault) {
        entries.append(Entry(rule: rule))
        if case .randomPreemptions(let wanted) = rule {
            series.append(
                Series(left: wanted.count, random: SplitMix(seed: wanted.seed), between: wanted.between)
            )
        }
    }

    /// Whether a request for machines meets an empty zone; counts the request.
    mutating func stockOut(zone: String, machineType: String) -> ComputeFault.StockOut? {
        for index in entries.indices {
            guard case .stockOut(let rule) = entries[index].rule, rule.zone == "*" || rule.zone == zone,
                rule.machineType == "*" || rule.machineType == machineType, entries[index].struck < rule.times
            else { continue }
            entries[index].struck += 1
            return rule
        }
        return nil
    }

    /// How many VMs a zone has room for, and how a failure tells so; nil for any number.
    func capacity(of zone: String) -> (vms: Int, summary: ComputeFault.MinimumSummary)? {
        entries.compactMap { entry -> (Int, ComputeFault.MinimumSummary)? in
            if case .capacity(zone, let vms, let summary) = entry.rule { (vms, summary) } else { nil }
        }.last
    }

    /// The limit that replaces a quota's; region is nil for those of the project.
    func quota(_ metric: String, region: String?) -> Double? {
        entries.compactMap { entry -> Double? in
            guard case .quota(metric, let place, let limit) = entry.rule, place == nil || place == region else {
                return nil
            }
            return limit
        }.last
    }

    var quotaRefusesAtOnce: Bool? {
        entries.compactMap { entry -> Bool? in
            if case .quotaRefusal(let atOnce) = entry.rule { atOnce } else { nil }
        }.last
    }

    /// How much longer operations of a type take.
    func delay(of operation: String) -> Int {
        entries.reduce(0) { sum, entry in
            guard case .slow(let type, let delay) = entry.rule, type == "*" || type == operation else { return sum }
            return sum + delay
        }
    }

    func isDenied(_ permission: String) -> Bool {
        entries.contains { $0.rule == .denied(permission: permission) }
    }

    func isUnreachable(_ scope: ComputeScope) -> Bool {
        entries.contains { $0.rule == .unreachable(zone: scope.name) }
    }

    /// How a VM does not come up; counts the boot.
    mutating func noBoot(_ name: String) -> ComputeFault.NoBoot? {
        for index in entries.indices {
            guard case .noBoot(let pattern, let way, let times) = entries[index].rule,
                Glob.matches(name, pattern: pattern, style: .text),
                entries[index].struckByName[name, default: 0] < times
            else { continue }
            entries[index].struckByName[name, default: 0] += 1
            return way
        }
        return nil
    }

    /// How long after its boot a VM is preempted; counts the boot.
    mutating func preemptionDelay(_ name: String) -> Int? {
        preemption(name) { $0.afterMilliseconds }
    }

    /// Whether a VM that has downloaded so much is preempted; counts when it is.
    mutating func isPreempted(_ name: String, bytes: Int) -> Bool {
        preemption(name) { rule in rule.afterBytes.flatMap { $0 <= bytes ? $0 : nil } } != nil
    }

    private mutating func preemption(_ name: String, _ amount: (ComputeFault.Preemption) -> Int?) -> Int? {
        for index in entries.indices {
            guard case .preemption(let rule) = entries[index].rule, let amount = amount(rule),
                Glob.matches(name, pattern: rule.vm, style: .text),
                entries[index].struckByName[name, default: 0] < rule.times
            else { continue }
            entries[index].struckByName[name, default: 0] += 1
            return amount
        }
        return nil
    }
}

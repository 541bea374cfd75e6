import Synchronization

/// Holds the fault rules and counts the requests that fit each.
public final class FaultInjector: Sendable {
    private struct Entry {
        let rule: FaultRule
        var seen = 0
        /// When each client's first fitting request came, in microseconds.
        var firsts: [String: Int] = [:]
        var random: SplitMix

        init(_ rule: FaultRule) {
            self.rule = rule
            random = SplitMix(seed: rule.seed)
        }
    }

    private let entries: Mutex<[Entry]>
    /// Milliseconds that every request waits before it is worked on, beside its faults.
    let latencyMilliseconds: Int

    public init(_ rules: [FaultRule] = [], latencyMilliseconds: Int = 0) {
        self.latencyMilliseconds = latencyMilliseconds
        entries = Mutex(rules.map(Entry.init))
    }

    /// Adds a rule; it counts from now on.
    public func add(_ rule: FaultRule) {
        entries.withLock { $0.append(Entry(rule)) }
    }

    /// Adds a rule in text form.
    public func add(_ text: String) throws {
        add(try FaultRule(parsing: text))
    }

    public func removeAll() {
        entries.withLock { $0.removeAll() }
    }

    /// The fault of the first rule that strikes; every rule that fits counts the request.
    func fault(for request: ServedRequest, service: String) -> Fault? {
        let now = Clock.microseconds()
        return entries.withLock { entries in
            var found: Fault?
            for index in entries.indices where entries[index].rule.fits(request, service: service) {
                entries[index].seen += 1
                let rule = entries[index].rule
                guard rule.nth.contains(entries[index].seen) else { continue }
                if let window = rule.windowMilliseconds {
                    let first = entries[index].firsts[request.client] ?? now
                    entries[index].firsts[request.client] = first
                    guard now - first < window * 1_000 else { continue }
                }
                if rule.probability < 1, entries[index].random.unit() >= rule.probability { continue }
                if found == nil { found = rule.fault }
            }
            return found
        }
    }
}

extension FaultRule {
    func fits(_ request: ServedRequest, service name: String) -> Bool {
        if let service, service != name { return false }
        if let method, method != request.method { return false }
        if let client, !Glob.matches(request.client, pattern: client, style: .text) { return false }
        guard let path else { return true }
        if path.contains("*") || path.contains("?") { return Glob.matches(request.target, pattern: path, style: .text) }
        return request.target.contains(path)
    }
}

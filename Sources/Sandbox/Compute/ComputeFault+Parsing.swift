extension ComputeFault {
    /// The rules' words, for help texts.
    public static let syntax = """
        A rule is one line: what goes wrong, then NAME=VALUE words.
          stock-out zone=Z|* times=K machine-type=T as=response|operation min-count=first|alone|none code=CODE zones-available=Z,Z
                                      no machines are left for the first K requests (for ever): a bulkInsert is refused with 503
                                      insufficientCapacity (as=response, the default), or its operation fails; single inserts
                                      and starts always fail as operations. min-count: VM_MIN_COUNT_NOT_REACHED stands before
                                      the cause (the default), alone (the cause is in the operations of the same
                                      operationGroupId only), or not at all
          capacity zone=Z vms=K min-count=first|alone|none
                                      the zone has room for K VMs; what is made of a bulkInsert that does not fit is taken back
          quota metric=CPUS limit=24 region=R
                                      another limit
          quota-refusal at-once=true|false
                                      whether a used-up quota refuses the request (403) or fails its operation
          preempt vm=NAME|PATTERN after=MS|bytes=N times=K
                                      preempt the VM so long after boot, or when it has downloaded so much
          preempt-random count=N seed=S between=MS-MS
                                      preempt running Spot VMs at random
          slow operation=TYPE|* ms=MS operations of a type (insert, bulkInsert, delete …) take longer
          no-boot vm=NAME as=staging|silent times=K
                                      the VM stays STAGING, or runs and does nothing
          deny permission=NAME        the caller lacks a permission such as compute.instances.create
          unreachable zone=Z          lists leave the zone out and say so
        Example: preempt vm=tick-data-vm-3 bytes=20M
        """

    /// Parses the text form; throws `SandboxError` naming what is wrong.
    public init(parsing text: String) throws {
        let parts = text.split(whereSeparator: { $0 == " " || $0 == "\t" })
        var words: [String: String] = [:]
        for part in parts.dropFirst() {
            let pair = part.split(separator: "=", maxSplits: 1).map(String.init)
            guard pair.count == 2, words.updateValue(pair[1], forKey: pair[0]) == nil else {
                throw SandboxError("compute fault \"\(text)\": \"\(part)\" is not understood")
            }
        }
        var reader = FaultWords(text: text, words: words)
        guard let kind = parts.first, let fault = try Self.read(String(kind), &reader) else {
            throw SandboxError("compute fault \"\(text)\" names nothing that can go wrong")
        }
        try reader.finish()
        self = fault
    }

    private static func read(_ kind: String, _ words: inout FaultWords) throws -> ComputeFault? {
        switch kind {
        case "stock-out":
            var rule = StockOut()
            rule.zone = words.take("zone") ?? "*"
            rule.machineType = words.take("machine-type") ?? "*"
            rule.times = try words.number("times") ?? Int.max
            rule.code = words.take("code") ?? rule.code
            rule.form = try words.word("as") ?? rule.form
            rule.summary = try words.word("min-count") ?? rule.summary
            rule.zonesAvailable = words.take("zones-available")?.split(separator: ",").map(String.init) ?? []
            return .stockOut(rule)
        case "capacity":
            let summary: MinimumSummary = try words.word("min-count") ?? .first
            return .capacity(zone: try words.need("zone"), vms: try words.neededNumber("vms"), summary: summary)
        case "quota":
            let limit = Double(try words.neededNumber("limit"))
            return .quota(metric: try words.need("metric"), region: words.take("region"), limit: limit)
        case "quota-refusal": return .quotaRefusal(atOnce: try words.choice("at-once", ["true": true, "false": false]))
        case "preempt":
            var rule = Preemption()
            rule.vm = words.take("vm") ?? "*"
            rule.afterMilliseconds = try words.number("after")
            rule.afterBytes = try words.number("bytes")
            rule.times = try words.number("times") ?? 1
            guard (rule.afterMilliseconds == nil) != (rule.afterBytes == nil) else {
                throw words.problem("either after=MS or bytes=N is needed")
            }
            return .preemption(rule)
        case "preempt-random": return .randomPreemptions(try randomPreemptions(&words))
        case "slow": return .slow(operation: words.take("operation") ?? "*", milliseconds: try words.neededNumber("ms"))
        case "no-boot":
            let way = try words.choice("as", ["staging": NoBoot.staging, "silent": NoBoot.silent])
            return .noBoot(vm: words.take("vm") ?? "*", way: way, times: try words.number("times") ?? Int.max)
        case "deny": return .denied(permission: try words.need("permission"))
        case "unreachable": return .unreachable(zone: try words.need("zone"))
        default: return nil
        }
    }

    private static func randomPreemptions(_ words: inout FaultWords) throws -> RandomPreemptions {
        let ends = (words.take("between") ?? "100-500").split(separator: "-").map { Int($0) ?? -1 }
        guard ends.count == 2, ends[0] >= 0, ends[1] >= ends[0] else { throw words.problem("between=MS-MS is wrong") }
        let seed = UInt64(try words.number("seed") ?? 1)
        return RandomPreemptions(count: try words.neededNumber("count"), seed: seed, between: ends[0]...ends[1])
    }
}

/// The NAME=VALUE words of one rule, each taken once.
private struct FaultWords {
    let text: String
    var words: [String: String]

    mutating func take(_ name: String) -> String? { words.removeValue(forKey: name) }

    mutating func need(_ name: String) throws -> String {
        guard let value = take(name) else { throw problem("\(name)= is missing") }
        return value
    }

    mutating func number(_ name: String) throws -> Int? {
        guard let value = take(name) else { return nil }
        guard let number = parseByteCount(value), number >= 0 else { throw problem("\(name)=\(value) is no number") }
        return number
    }

    mutating func neededNumber(_ name: String) throws -> Int {
        guard let number = try number(name) else { throw problem("\(name)= is missing") }
        return number
    }

    /// A word that is one of a type's; nil when it is not given.
    mutating func word<Value: RawRepresentable<String>>(_ name: String) throws -> Value? {
        guard let text = take(name) else { return nil }
        guard let value = Value(rawValue: text) else { throw problem("\(name)=\(text) is not known") }
        return value
    }

    mutating func choice<Value>(_ name: String, _ known: [String: Value]) throws -> Value {
        let value = try need(name)
        guard let chosen = known[value] else { throw problem("\(name)=\(value) is not one of \(known.keys.sorted())") }
        return chosen
    }

    func finish() throws {
        if let word = words.keys.min() { throw problem("\(word)= is not known here") }
    }

    func problem(_ what: String) -> SandboxError { SandboxError("compute fault \"\(text)\": \(what)") }
}

import GoogleCloud

/// What has to be done for a run, shard by shard, and the same in a sentence.
struct Reconciliation: Sendable, Equatable {
    /// One action a shard, in the order of shards.
    let actions: [ShardAction]
    /// "58 of 60 shards are finished, 1 VM works, 1 VM is replaced".
    let summary: String
    /// The VMs of finished shards, which nobody needs any more.
    let idle: [ComputeInstance]

    init(_ shards: [ShardStatus], _ actions: [ShardAction], total: Int) {
        self.actions = actions
        idle = shards.filter { $0.isFinished && $0.vm.isAlive }.flatMap { shard -> [ComputeInstance] in
            if case .several(let vms) = shard.vm { vms } else { shard.vm.vm.map { [$0] } ?? [] }
        }
        let begun = Set(shards.filter(\.hasBegun).map(\.shard))
        summary = Self.summary(actions, begun, total: total)
    }

    /// Whether nothing in the project has to be changed or waited for.
    var isQuiet: Bool { actions.allSatisfy { !$0.isMutating && !$0.isWait } }
    var isFinished: Bool { actions.allSatisfy { $0.verdict == .finished } }
    var starts: [ComputeInstance] {
        actions.compactMap { if case .start(let vm) = $0.verdict { vm } else { nil } }
    }
    /// The VMs to delete before they are replaced.
    var replacements: [ComputeInstance] {
        actions.compactMap { if case .replace(let vm) = $0.verdict { vm } else { nil } }
    }
    /// The VMs to wait for until they are gone.
    var going: [ComputeInstance] {
        actions.compactMap { if case .waitGone(let vm) = $0.verdict { vm } else { nil } }
    }
    /// The VMs of others that stand on names of the run.
    var conflicts: [ComputeInstance] {
        actions.flatMap { action -> [ComputeInstance] in
            if case .conflict(let vms) = action.verdict { vms } else { [] }
        }
    }

    /// What to make now, or once the replaced VMs are gone: the names, by the order of zones to try. A VM that was in one of the
    /// zones before (`avoiding`, by shard, and those to be replaced) goes to another one first.
    func creations(zones: [String], avoiding: [Int: String] = [:]) -> [Creation] {
        var groups: [Creation] = []
        for action in actions {
            let last: String?
            switch action.verdict {
            case .create: last = avoiding[action.shard]
            case .replace(let vm): last = vm.zone
            default: continue
            }
            let order = Creation.order(zones, last: last)
            if let index = groups.firstIndex(where: { $0.zones == order }) {
                groups[index].names.append(action.name)
            } else {
                groups.append(Creation(names: [action.name], zones: order))
            }
        }
        return groups
    }

    private static func summary(_ actions: [ShardAction], _ begun: Set<Int>, total: Int) -> String {
        func count(_ isCounted: (ShardAction) -> Bool) -> Int { actions.filter(isCounted).count }
        let finished = count { $0.verdict == .finished }
        let scope = actions.count == total ? "" : " (of \(total) in all)"
        var parts = [
            "\(finished) of \(actions.count) \(actions.count == 1 ? "shard" : "shards")\(scope) "
                + (finished == 1 ? "is finished" : "are finished")
        ]
        func say(_ number: Int, _ one: String, _ many: String) {
            if number > 0 { parts.append(number == 1 ? "1 VM \(one)" : "\(number) VMs \(many)") }
        }
        say(count { if case .leave = $0.verdict { true } else { false } }, "works", "work")
        say(count { if case .start = $0.verdict { true } else { false } }, "is started again", "are started again")
        say(count { $0.isWait }, "is going away", "are going away")
        say(count { if case .replace = $0.verdict { true } else { false } }, "is replaced", "are replaced")
        say(count { $0.verdict == .create && begun.contains($0.shard) }, "is made again", "are made again")
        say(count { $0.verdict == .create && !begun.contains($0.shard) }, "is made", "are made")
        let doubles = count { if case .leaveAll = $0.verdict { true } else { false } }
        if doubles > 0 { parts.append("\(doubles) \(doubles == 1 ? "name works" : "names work") in several zones") }
        let taken = count { if case .conflict = $0.verdict { true } else { false } }
        if taken > 0 { parts.append("\(taken) \(taken == 1 ? "name is" : "names are") taken by others") }
        let lost = count { if case .giveUp = $0.verdict { true } else { false } }
        if lost > 0 { parts.append("\(lost) \(lost == 1 ? "shard is" : "shards are") given up") }
        return parts.joined(separator: ", ")
    }
}

/// VMs to be made with one call where there is room for all of them.
struct Creation: Sendable, Equatable {
    var names: [String]
    /// The zones in the order in which to try them.
    var zones: [String]

    /// The zones with the last one of a VM behind the others.
    static func order(_ zones: [String], last: String?) -> [String] {
        guard let last, zones.contains(last) else { return zones }
        return zones.filter { $0 != last } + [last]
    }
}

extension ShardAction {
    var isWait: Bool { if case .waitGone = verdict { true } else { false } }
}

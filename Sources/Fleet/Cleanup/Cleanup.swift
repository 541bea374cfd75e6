import Common
import Console
import GoogleCloud
import Transport

/// Finds what the kit left in a project, and removes what is chosen of it: VMs, then disks, then the shared egress.
struct Cleanup: Sendable {
    struct View: Sendable {
        /// All VMs with the kit's label.
        let vms: [ComputeInstance]
        /// What is to become of those that are meant.
        let choice: CleanupChoice
        let disks: [ComputeDisk]
        /// The shared egress of each region, without an obstacle where it may go when all VMs that are meant are gone.
        let egress: [EgressRemoval]
        let diskTrouble: CleanupReport.Line?
        let egressTrouble: CleanupReport.Line?

        /// Lists of disks and egress that could not be had, as lines of a report.
        var troubles: [CleanupReport.Line] { [diskTrouble, egressTrouble].compactMap { $0 } }

        /// The shared egress when these of the VMs are left, too.
        func egress(leaving items: [CleanupChoice.Item]) -> [EgressRemoval] {
            egress.map { $0.unless(items.map(\.member.vm)) }
        }

        /// Whether there is nothing to remove.
        var isEmpty: Bool {
            choice.items.isEmpty && disks.isEmpty && egress.allSatisfy { $0.obstacle != nil }
        }
    }

    /// Deletions a second: a project may make 1,500 changes a minute, and others work in it, too.
    static let rate = RequestRate(perSecond: 20, burst: 20)

    private let compute: ComputeClient
    private let scope: CleanupScope
    private let completion: CompletionReader
    private let egress: SharedEgress?
    private let pacer: RequestPacer
    private let clock: ToolClock

    /// A clean-up of a scope; without `egress` the shared one is kept.
    init(
        _ compute: ComputeClient,
        scope: CleanupScope,
        completion: CompletionReader,
        egress: SharedEgress?,
        clock: ToolClock
    ) {
        self.compute = compute
        self.scope = scope
        self.completion = completion
        self.egress = egress
        pacer = RequestPacer(Self.rate, clock: clock)
        self.clock = clock
    }

    /// Looks at what there is and changes nothing. A list of VMs that cannot be had is thrown; the others are troubles, as they
    /// must not keep VMs alive. None is ever taken for an empty one.
    func look() async throws -> View {
        let vms = try await compute.instances(filter: CleanupScope.filter)
        let members = scope.select(vms)
        let open = try await completion.unfinished(members.filter { CleanupChoice.mayWork($0.vm) }, among: vms)
        let choice = CleanupChoice(members) { open[$0.vm.place] }
        let meant = Set(members.map(\.vm.place))
        var (diskTrouble, egressTrouble): (CleanupReport.Line?, CleanupReport.Line?)
        var disks: [ComputeDisk] = []
        do {
            disks = leftovers(try await compute.disks(filter: CleanupScope.filter), present: vms, deleted: [])
        } catch {
            diskTrouble = .failure(.disk, "leftover disks", error)
        }
        var removals: [EgressRemoval] = []
        do {
            removals = try await egress?.leftovers(unless: vms.filter { !meant.contains($0.place) }) ?? []
        } catch {
            egressTrouble = .failure(.egress, "shared egress", error)
        }
        try Task.checkCancellation()
        return View(
            vms: vms,
            choice: choice,
            disks: disks,
            egress: removals,
            diskTrouble: diskTrouble,
            egressTrouble: egressTrouble
        )
    }

    /// Deletes these of the VMs that `look` chose among, the disks that are left then, and the egress of regions without VMs of
    /// the kit. What fails is in the report; cancellation is thrown.
    func remove(
        _ items: [CleanupChoice.Item],
        of view: View,
        onEnd: @escaping @Sendable (ComputeInstance, MassDelete.Outcome) -> Void = { _, _ in }
    ) async throws -> CleanupReport {
        var report = CleanupReport()
        var remaining: [ComputeInstance]? = view.vms
        var disks = view.disks
        var diskTrouble = view.diskTrouble
        if !items.isEmpty {
            // While a question was open, a VM may have made room for another one of its name.
            let present = try await compute.instances(filter: CleanupScope.filter)
            let ids = Dictionary(present.map { ($0.place, $0.id) }) { first, _ in first }
            let same = items.filter { ids[$0.member.vm.place].map { [id = $0.member.vm.id] in $0 == id } ?? true }
            report.lines += items.filter { item in !same.contains(item) }.map {
                $0.line(.left, note: "another VM of the name has been made meanwhile")
            }
            let deletion = MassDelete(
                compute,
                filter: CleanupScope.filter,
                pacer: pacer,
                clock: clock,
                onEnd: onEnd
            )
            let result = try await deletion.run(same.map(\.member.vm))
            remaining = result.remaining
            for item in same {
                guard let outcome = result.outcomes[item.member.vm.place] else { continue }
                report.lines.append(item.line(after: outcome))
            }
            guard let remaining else { return report }
            let deleted = Set(result.outcomes.filter { $0.value == .deleted || $0.value == .gone }.keys)
            do {
                let found = try await compute.disks(filter: CleanupScope.filter)
                disks = leftovers(found, present: remaining, deleted: deleted)
                diskTrouble = nil
            } catch {
                try Task.checkCancellation()
                diskTrouble = .failure(.disk, "leftover disks", error)
            }
        }
        report.lines += try await remove(disks)
        if view.egress.contains(where: { $0.obstacle == nil }) {
            // A launch may have begun since.
            remaining = try await compute.instances(filter: CleanupScope.filter)
        }
        report.lines += try await remove(view.egress.map { $0.unless(remaining ?? []) })
        report.lines += [diskTrouble, view.egressTrouble].compactMap { $0 }
        return report
    }

    private func leftovers(_ disks: [ComputeDisk], present: [ComputeInstance], deleted: Set<VMPlace>) -> [ComputeDisk] {
        let present = Set(present.map(\.place))
        return disks.filter { scope.isLeftover($0, present: present, deleted: deleted) }
    }

    private func remove(_ disks: [ComputeDisk]) async throws -> [CleanupReport.Line] {
        try await withThrowingTaskGroup(of: (Int, CleanupReport.Line).self) { group in
            for (index, disk) in disks.enumerated() {
                group.addTask {
                    try await pacer.turn()
                    return (index, try await remove(disk))
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    private func remove(_ disk: ComputeDisk) async throws -> CleanupReport.Line {
        var line = disk.line(.deleted)
        do throws(GoogleAPIError) {
            let operation = try await compute.deleteDisk(
                zone: disk.zone,
                name: disk.name,
                requestID: RequestID(random: clock.random)
            )
            try await compute.wait(operation).checked("delete disk \(disk.name) in \(disk.zone)")
        } catch {
            try Task.checkCancellation()
            line.note(error)
        }
        return line
    }

    private func remove(_ removals: [EgressRemoval]) async throws -> [CleanupReport.Line] {
        var lines: [CleanupReport.Line] = []
        for removal in removals {
            var line = removal.line(.deleted)
            do {
                try await egress?.remove(removal)
            } catch {
                try Task.checkCancellation()
                line.note(error)
            }
            lines.append(line)
        }
        return lines
    }
}

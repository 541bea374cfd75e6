import FleetModel
import Common
import Console
import GoogleCloud
import Testing

@testable import Fleet

@Suite("Clean-up: the choice")
struct CleanupChoiceTests {
    private static let now: Int64 = 1_684_980_000_000_000  // 2023-05-25T02:00:00Z

    private func vm(
        _ name: String,
        _ status: ComputeInstance.Status = .running,
        labels: [String: String] = ["tick-kit": "0-1-0"],
        dates: String = "2023-05-23",
        created: String = "2023-05-24T19:00:00-07:00"
    ) -> ComputeInstance {
        var metadata = ["tick-shards": "2", "tick-shard-offset": "0"]
        if !dates.isEmpty { metadata["tick-dates"] = dates }
        return ComputeInstance(
            name: name,
            zone: "asia-northeast1-a",
            status: status,
            labels: labels,
            metadata: metadata,
            created: created
        )
    }

    private func names(_ scope: CleanupScope, _ vms: [ComputeInstance]) -> [String] {
        scope.select(vms).map(\.vm.name)
    }

    @Test("nothing without both marks, the exact name and the label, is ever chosen")
    func property() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed \(seed)")
        var random = SeededNumbers(seed: seed)
        let heads = [
            "tick-data-vm", "my-tick-data-vm", "tick-data-vm-", "tick-data", "Tick-data-vm", "", "tick-data-vm2",
        ]
        let tails = [
            "-0", "-1", "-17", "-x", "-01", "--1", "-+1", "-1a", "-1-", "", "-", " -1", "-1 ", "-９",
            "-9999999999999999999",
        ]
        let keys = ["tick-kit", "tick-run", "tick-date", "tick_kit", "tick-kit-2"]
        var chosen = 0
        for _ in 0..<20_000 {
            let name = heads[random.below(heads.count)] + tails[random.below(tails.count)]
            var labels: [String: String] = [:]
            for key in keys where random.below(2) == 0 { labels[key] = "0-1-0" }
            let statuses = ComputeInstance.Status.allCases
            let vm = vm(name, statuses[random.below(statuses.count)], labels: labels)
            let disk = ComputeDisk(name: name, zone: "z-1", labels: labels, users: [], created: "2020-01-01T00:00:00Z")
            let scope = CleanupScope(prefix: "tick-data-vm", now: { Self.now })
            let isOurs =
                ["tick-data-vm-0", "tick-data-vm-1", "tick-data-vm-17"].contains(name) && labels["tick-kit"] != nil
            let choice = CleanupChoice(scope.select([vm])) { _ in nil }
            #expect(choice.items.map(\.member.vm.name) == (isOurs ? [name] : []))
            #expect(scope.isLeftover(disk, present: [], deleted: []) == isOurs)
            #expect(!isOurs || !scope.isLeftover(disk, present: [VMPlace(zone: "z-1", name: name)], deleted: []))
            chosen += choice.items.count
        }
        // The generator does make some that are ours.
        #expect(chosen > 100)
    }

    @Test("date, state and age narrow the scope; what does not tell its age is not old")
    func narrowing() {
        let vms = [
            vm("tick-data-vm-1", dates: "2023-05-23,2023-05-24"),
            vm("tick-data-vm-0", .terminated, dates: "2025-10-20"),
            vm("tick-data-vm-10", labels: ["tick-kit": "1", "tick-date": "2023-05-24"], dates: ""),
            vm("tick-data-vm-2", created: "2023-05-25T01:30:00.000Z"), vm("tick-data-vm-3", created: "yesterday"),
        ]
        let all = CleanupScope(prefix: "tick-data-vm", now: { Self.now })
        #expect(names(all, vms).map { $0.dropFirst(13) } == ["0", "1", "2", "3", "10"])
        var scope = all
        scope.dates = CalendarDate("2023-05-24").map { [$0] }
        #expect(names(scope, vms) == ["tick-data-vm-1", "tick-data-vm-10"])
        scope = all
        scope.states = [.terminated, .stopped]
        #expect(names(scope, vms) == ["tick-data-vm-0"])
        scope = all
        scope.olderThan = .seconds(1_801)
        #expect(names(scope, vms) == [])
        scope.now = { Self.now + 1_000_000 }
        #expect(names(scope, vms) == ["tick-data-vm-2"])
        scope.now = { Self.now + 1_801_000_000 }
        #expect(names(scope, vms) == ["tick-data-vm-0", "tick-data-vm-1", "tick-data-vm-2", "tick-data-vm-10"])
    }

    @Test("a disk is left over when its VM is gone, for some minutes or by this run")
    func disks() {
        var scope = CleanupScope(prefix: "tick-data-vm", now: { Self.now })
        let place = VMPlace(zone: "z-1", name: "tick-data-vm-1")
        func disk(_ created: String, users: [String] = [], zone: String = "z-1", date: String? = nil) -> ComputeDisk {
            var labels = ["tick-kit": "1"]
            labels["tick-date"] = date
            return ComputeDisk(name: "tick-data-vm-1", zone: zone, labels: labels, users: users, created: created)
        }
        let old = "2023-05-25T01:50:00Z"
        let young = "2023-05-25T01:50:01Z"
        #expect(scope.isLeftover(disk(old), present: [], deleted: []))
        #expect(!scope.isLeftover(disk(young), present: [], deleted: []))
        #expect(scope.isLeftover(disk(young), present: [], deleted: [place]))
        #expect(!scope.isLeftover(disk(old), present: [place], deleted: [place]))
        #expect(!scope.isLeftover(disk(old, users: ["tick-data-vm-1"]), present: [], deleted: [place]))
        #expect(!scope.isLeftover(disk(old, zone: ""), present: [], deleted: []))
        scope.dates = CalendarDate("2023-05-23").map { [$0] }
        #expect(!scope.isLeftover(disk(old), present: [], deleted: []))
        #expect(!scope.isLeftover(disk(old, date: "2023-05-24"), present: [], deleted: []))
        #expect(scope.isLeftover(disk(old, date: "2023-05-23"), present: [], deleted: []))
        #expect(scope.isLeftover(disk(young), present: [], deleted: [place]))
    }

    private func member(_ vm: ComputeInstance) throws -> ManagedVM {
        try #require(ManagedVM(vm, prefix: "tick-data-vm"))
    }

    @Test(
        "only VMs that run, or would go on, are asked about their work",
        arguments: ComputeInstance.Status.allCases
    )
    func states(status: ComputeInstance.Status) throws {
        let still: Set<ComputeInstance.Status> = [.pendingStop, .stopping, .stopped, .terminated, .deprovisioning]
        let choice = CleanupChoice([try member(vm("tick-data-vm-1", status))]) { _ in "something" }
        #expect(choice.busy.isEmpty == still.contains(status))
        #expect(choice.free.isEmpty != still.contains(status))
    }

    @Test("how the tool ends follows from what became of everything")
    func status() {
        func ends(_ results: CleanupReport.Result...) -> ExitStatus {
            var report = CleanupReport()
            report.lines = results.map { .init(.vm, "v", place: "z", result: $0) }
            return report.status
        }
        #expect(ends() == .done)
        #expect(ends(.deleted, .gone, .left) == .done)
        #expect(ends(.needsForce, .left) == .usage)
        #expect(ends(.needsForce, .deleted) == .partial)
        #expect(ends(.failed(.credentials), .failed(.credentials)) == .credentials)
        #expect(ends(.failed(.credentials), .failed(.temporary)) == .failed)
        #expect(ends(.failed(.credentials), .deleted) == .partial)
        #expect(ends(.failed(.credentials), .needsForce) == .credentials)
        #expect(ends(.deleted, .stillThere, .failed(.credentials)) == .incomplete)
    }
}

/// Numbers that a seed decides (SplitMix64).
struct SeededNumbers {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }
}

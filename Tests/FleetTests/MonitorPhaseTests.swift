import FleetModel
import Common
import Console
@testable import Fleet
import GoogleCloud
import Testing

/// How a shard's phase follows from its VM and what that said last.
@Suite struct ShardPhaseTests {
    private let day: CalendarDate
    private let run: FleetRun

    init() throws {
        day = try date("2023-05-23")
        run = try fleetRun(1)
    }

    private func shard(
        _ status: ComputeInstance.Status?,
        _ said: ShardPhase?,
        age seconds: Int64 = 5,
        vmsAreKnown: Bool = true,
        vm name: String? = nil,
        created: String = "2023-05-24T07:00:00Z",
        started: String? = nil,
        isPreemptible: Bool = true,
        _ change: (inout Heartbeat) -> Void = { _ in }
    ) throws -> ShardState {
        let vms = status.map { status -> [ComputeInstance] in
            var machine = vm(run, 0, status: status, created: created)
            machine.isPreemptible = isPreemptible
            machine.started = started
            return [machine]
        }
        let beats = said.map { phase in
            [
                beat(run, day, shard: 0, phase: phase, updated: monitorNow - seconds * 1_000_000) { state in
                    if let name {
                        state.vm = name
                        state.process = .init(host: "h", id: 1, began: 1)
                    }
                    change(&state)
                }
            ]
        }
        let report = try dateReport(run, vms: vmsAreKnown ? vms ?? [] : nil, beats: beats ?? [])
        return try #require(report.shards.first)
    }

    @Test(
        "a VM that lives is taken at its word",
        arguments: [
            (.starting, .starting), (.running, .running), (.uploading, .uploading), (.locked, .locked),
            (.failed, .failed), (.partial, .partial),
            (.preempted, .preempted), (.stopped, .stopped),
            // It says more than the bucket has.
            (.done, .partial), (.empty, .partial),
        ] as [(ShardPhase, ShardPhase)]
    )
    func alive(said: ShardPhase, shown: ShardPhase) throws {
        #expect(try shard(.running, said).phase == shown)
        #expect(try shard(nil, said, vmsAreKnown: false).phase == shown)
    }

    @Test(
        "without a heartbeat the VM's own state counts",
        arguments: [
            (nil, .planned), (.provisioning, .starting), (.staging, .starting), (.repairing, .starting),
            (.stopping, .preempted), (.terminated, .preempted), (.deprovisioning, .preempted),
        ] as [(ComputeInstance.Status?, ShardPhase)]
    )
    func mute(status: ComputeInstance.Status?, shown: ShardPhase) throws {
        #expect(try shard(status, nil, created: "2023-05-24T00:59:00.000-07:00").phase == shown)
    }

    @Test("a VM that stands still was ended by the platform only where that may end it")
    func stopped() throws {
        #expect(try shard(.terminated, .running, isPreemptible: false).phase == .stopped)
        #expect(try shard(.terminated, .running).phase == .preempted)
        #expect(try shard(.terminated, .failed).phase == .failed)
    }

    @Test("a VM that is gone is believed when it said good-bye, and lost otherwise")
    func gone() throws {
        for said in ShardPhase.allCases where said != .lost {
            let shown = try shard(nil, said).phase
            switch said {
            case .done, .empty: #expect(shown == .partial)
            case .partial, .failed, .preempted, .stopped: #expect(shown.rawValue == said.rawValue)
            case .planned, .starting, .running, .uploading, .locked, .lost: #expect(shown == .lost)
            }
        }
        #expect(try shard(nil, .running).reason == "its VM no longer exists; its last heartbeat said RUNNING")
        // A process on somebody's machine is no VM that could be missed, until it is silent.
        #expect(try shard(nil, .running, vm: "local-0").phase == .running)
        #expect(try shard(nil, .running, age: 301, vm: "local-0").phase == .lost)
    }

    @Test("silence is a loss after five minutes, and after fifteen for a VM that never spoke")
    func silence() throws {
        #expect(try shard(.running, .running, age: 300).phase == .running)
        let lost = try shard(.running, .running, age: 301)
        #expect(lost.phase == .lost)
        #expect(lost.reason == "no heartbeat for 5m 01s; the last one said RUNNING")
        #expect(try shard(nil, .locked, age: 301, vmsAreKnown: false).phase == .lost)
        #expect(try shard(.running, nil, created: "2023-05-24T07:45:00Z").phase == .starting)
        #expect(
            try shard(.running, nil, created: "2023-05-24T07:44:59Z").reason
                == "its VM has been running for 15m 01s without a heartbeat"
        )
    }

    @Test("what an earlier VM of the name said is old")
    func earlierLife() throws {
        #expect(try shard(.staging, .failed, age: 300, created: "2023-05-24T07:59:00Z").phase == .starting)
        #expect(try shard(.running, .failed, age: 30, created: "2023-05-24T07:59:00Z").phase == .failed)
        // Stopped, and started again since.
        for said in [ShardPhase.preempted, .stopped, .running, .failed] {
            #expect(try shard(.running, said, age: 300, started: "2023-05-24T07:59:00Z").phase == .starting)
        }
    }

    @Test("a VM of several dates works on the later ones later")
    func laterDate() throws {
        let run = try fleetRun(1, dates: ["2023-05-22", "2023-05-23"])
        let report = try dateReport(run, vms: [vm(run, 0)], day: day)
        #expect(report.shards.map(\.phase) == [.planned])
        #expect(report.verdict == .working)
    }

    @Test("files that are there make a shard done, whatever its VM says")
    func filesDecide() throws {
        let objects = run.plan(for: day, created: 0).objects.map { whole($0) }
        let said = beat(run, day, shard: 0, phase: .failed)
        let report = try dateReport(run, vms: [vm(run, 0)], beats: [said], objects: objects)
        #expect(report.shards.map(\.phase) == [.done])
        #expect(report.verdict == .whole)
        #expect(report.failures == [])
    }

    @Test("a reason is the first error with its file")
    func reason() throws {
        let failed = try shard(.running, .failed) { state in
            state.figures.failed = 3
            state.note(
                error: .init(object: run.plan(for: day, created: 0).objects[0].name, reason: "the source said 500")
            )
        }
        #expect(failed.reason == "trades binance-spot/S0USDT: the source said 500")
        #expect(failed.failed == 3)
    }
}

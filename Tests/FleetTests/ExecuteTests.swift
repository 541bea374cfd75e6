import FleetModel
import Common
import Console
import GoogleCloud
import Sandbox
import Synchronization
import Testing
import Transport

@testable import Fleet
import Text

/// Launches against the sandbox: what is asked for, and what is there afterwards.
@Suite(.serialized) struct ExecuteTests {
    private let a = "asia-northeast1-a"

    @Test func aFirstLaunchTakesFiveChangesAndASecondLookNone() async throws {
        try await ExecuteWorld.run { world in
            let order = try world.order()
            let outcome = try await world.launch(order)
            #expect(outcome.status == .done)
            #expect(outcome.sentences == ["6 of 6 VMs are up (6 in asia-northeast1-a)"])
            let wanted = [
                "POST asia-northeast1/addresses", "POST asia-northeast1/routers",
                "POST default/setPrivateIpGoogleAccess",
                "POST instances/bulkInsert",
            ]
            #expect(world.changes.sorted() == wanted)
            #expect(try await world.store.info("_runs/2023-05-23/plan.json") != nil)
            try await world.settle()
            #expect(world.vms == (0..<6).map { "tick-data-vm-\($0) \(a) RUNNING" })

            world.mark()
            let (findings, facts) = try await world.look(order)
            #expect(findings.status == nil)
            #expect(facts.view.todo.isQuiet)
            #expect(!facts.view.todo.isFinished)
            #expect(world.changes == [])
        }
    }

    @Test func whatVMsAreToldIsThere() async throws {
        try await ExecuteWorld.run { world in
            let order = try world.order(2)
            _ = try await world.launch(order)
            let vms = try await world.services.compute.instances(filter: FleetSnapshot.filter(prefix))
            let vm = try #require(vms.first)
            #expect(vm.labels == order.run.labels)
            #expect(vm.metadata["tick-plan"] == "plan.json")
            #expect(vm.metadata["tick-shard-offset"] == "0")
            #expect(vm.metadata["tick-bucket"] == "gs://market-data-tick")
            #expect(vm.metadata["tick-api-key"] == ExecuteWorld.key.reveal())
            #expect(vm.isPreemptible)
            #expect(vm.externalAddresses == [])
            #expect(!world.log.text.contains(ExecuteWorld.key.reveal()))
        }
    }

    @Test func aSecondDateTakesTheNextNumbersAndSharesTheEgress() async throws {
        try await ExecuteWorld.run { world in
            _ = try await world.launch(try world.order(3))
            world.mark()
            _ = try await world.launch(try world.order(2, date: "2023-05-24"))
            #expect(world.changes == ["POST instances/bulkInsert"])
            try await world.settle()
            #expect(world.vms.suffix(2) == ["tick-data-vm-3 \(a) RUNNING", "tick-data-vm-4 \(a) RUNNING"])
        }
    }

    @Test func theSameDateDividedOtherwiseIsRefused() async throws {
        try await ExecuteWorld.run { world in
            _ = try await world.launch(try world.order(6))
            let (findings, _) = try await world.look(try world.order(3))
            #expect(findings.status == .usage)
            #expect(findings.errors.map(\.check) == ["VMs"])
        }
    }

    @Test("a launch replaces VMs that have fallen silent, and leaves those that report")
    func lost() async throws {
        try await ExecuteWorld.run { world in
            let order = try world.order(2)
            _ = try await world.launch(order)
            try await world.settle()
            let beats = (0..<2).map { beat(order.run, order.run.dates[0], shard: $0, phase: .running) }
            try await world.store.beat(beats[0])
            world.passes(seconds: 301)
            try await world.store.beat(beats[1])
            world.mark()
            let outcome = try await world.launch(order)
            #expect(outcome.replaced == ["tick-data-vm-0"])
            #expect(world.changes == ["DELETE instances/tick-data-vm-0", "POST instances/bulkInsert"])
            try await world.settle()
            #expect(world.vms.map { $0.split(separator: " ")[0] } == ["tick-data-vm-0", "tick-data-vm-1"])
        }
    }

    @Test func onlyWhatIsMissingIsMade() async throws {
        try await ExecuteWorld.run { world in
            let order = try world.order(6)
            for shard in [0, 1, 4, 5] { try await world.bring(shard, of: order.run) }
            _ = try await world.launch(order)
            try await world.settle()
            #expect(world.vms == ["tick-data-vm-2 \(a) RUNNING", "tick-data-vm-3 \(a) RUNNING"])
        }
    }

    @Test func aPartOfTheShardsIsMadeAlone() async throws {
        try await ExecuteWorld.run { world in
            _ = try await world.launch(try world.order(6) { $0.shards = 2...3 })
            try await world.settle()
            #expect(world.vms == ["tick-data-vm-2 \(a) RUNNING", "tick-data-vm-3 \(a) RUNNING"])
        }
    }

    // MARK: Healing

    @Test func aVMThatStandsStillIsStartedAgain() async throws {
        try await ExecuteWorld.run { world in
            let order = try world.order(3) { $0.machine.isKept = true }
            _ = try await world.launch(order)
            try await world.settle()
            #expect(world.sandbox.compute.preempt("tick-data-vm-1"))
            try await world.settle()
            #expect(world.vms[1] == "tick-data-vm-1 \(a) TERMINATED")
            world.mark()
            let outcome = try await world.launch(order)
            #expect(outcome.sentences == ["started again: tick-data-vm-1"])
            #expect(world.changes == ["POST tick-data-vm-1/start"])
            try await world.settle()
            #expect(world.vms[1] == "tick-data-vm-1 \(a) RUNNING")
        }
    }

    @Test func aVMThatCannotBeStartedIsMadeAnewElsewhere() async throws {
        try await ExecuteWorld.run { world in
            let order = try world.order(2) { $0.machine.isKept = true }
            _ = try await world.launch(order)
            try await world.settle()
            #expect(world.sandbox.compute.preempt("tick-data-vm-1"))
            try await world.settle()
            world.sandbox.compute.add(try ComputeFault(parsing: "stock-out zone=\(a)"))
            let outcome = try await world.launch(order)
            #expect(outcome.status == .done)
            #expect(outcome.replaced == ["tick-data-vm-1"])
            try await world.settle()
            #expect(world.vms == ["tick-data-vm-0 \(a) RUNNING", "tick-data-vm-1 asia-northeast1-b RUNNING"])
        }
    }

    @Test func waitingReplacesWhatIsPreemptedUntilAllIsThere() async throws {
        try await ExecuteWorld.run { world in
            let order = try world.order(3)
            let (_, facts) = try await world.look(order)
            let launch = FleetLaunch(spec: order, services: world.services, facts: facts, logger: world.logger)
            let (sandbox, run) = (world.sandbox, order.run)
            let steps = Steps()
            world.onSleep { [weak world] in
                switch steps.next() {
                case 2: #expect(sandbox.compute.preempt("tick-data-vm-1"))
                case 3: try await world?.bring(0, of: run)
                case 8: for shard in 1...2 { try await world?.bring(shard, of: run) }
                default: break
                }
                try await world?.settle()
            }
            let progress = ProgressReporter(
                title: "fleet",
                mode: .json,
                sink: world.log,
                terminal: Terminal(),
                color: false,
                now: { .zero }
            )
            let waiting = FleetWait(
                spec: order,
                services: world.services,
                facts: facts,
                launch: launch,
                logger: world.logger
            )
            let outcome = try await waiting.wait(poll: .seconds(15), progress: progress)
            #expect(outcome.verdict == .finished)
            #expect(outcome.made == 4)
            #expect(world.vms.contains("tick-data-vm-1 asia-northeast1-b RUNNING"))
            #expect(world.log.text.contains("tick-data-vm-1 has ended in asia-northeast1-a"))
            #expect(progress.totals.done == 3)
        }
    }

    // MARK: The key

    private func withSecrets(_ options: inout SandboxEnvironment.Options) {
        options.project = Sandbox.CloudProject(
            enabled: Sandbox.CloudProject.runbookAPIs + ["secretmanager.googleapis.com"]
        )
    }

    @Test func theKeyTravelsAsASecretWhereItCan() async throws {
        try await ExecuteWorld.run(adjust: withSecrets) { world in
            let order = try world.order(1)
            _ = try await world.launch(order)
            let secret = "secrets/tardis-api-key"
            #expect(
                world.changes.filter { $0.contains("secrets") }.sorted()
                    == [
                        "POST central-element-323112/secrets", "POST \(secret):addVersion",
                        "POST \(secret):setIamPolicy",
                    ]
            )
            let vm = try await world.services.compute.instances(filter: nil)[0]
            #expect(vm.metadata["tick-api-key"] == nil)
            #expect(vm.metadata["tick-secret"]?.hasSuffix("/secrets/tardis-api-key/versions/1") == true)

            // The same key again changes nothing of it.
            world.mark()
            _ = try await world.launch(try world.order(1, date: "2023-05-24"))
            #expect(world.changes.filter { $0.contains("secrets") } == [])
        }
    }

    @Test func withoutSecretManagerAndMetadataThereIsNoWay() async throws {
        try await ExecuteWorld.run { world in
            let (findings, _) = try await world.look(try world.order(1) { $0.allowsPlainKey = false })
            #expect(findings.status == .credentials)
            #expect(findings.errors.map(\.check) == ["secret"])
        }
    }

    @Test func freeDaysNeedNoKey() async throws {
        try await ExecuteWorld.run { world in
            let order = try world.order(1, date: "2023-05-01") { $0.key = nil }
            _ = try await world.launch(order)
            let vm = try await world.services.compute.instances(filter: nil)[0]
            #expect(vm.metadata["tick-api-key"] == nil && vm.metadata["tick-secret"] == nil)
        }
    }

    // MARK: Egress

    @Test func aBusinessKeyNeedsNoSharedAddress() async throws {
        try await ExecuteWorld.run(adjust: { $0.tardis.keyPlan = "business" }) { world in
            _ = try await world.launch(try world.order(2))
            #expect(world.changes == ["POST instances/bulkInsert"])
            let vms = try await world.services.compute.instances(filter: nil)
            #expect(vms.allSatisfy { $0.externalAddresses.count == 1 })
        }
    }

    @Test func directWithAnOrdinaryKeyIsWarnedOf() async throws {
        try await ExecuteWorld.run { world in
            let (findings, _) = try await world.look(try world.order(2) { $0.egress = .direct })
            #expect(findings.status == nil)
            let warning = try #require(findings.all.first { $0.check == "egress" })
            #expect(warning.level == .warning)
            #expect(
                warning.text.hasPrefix("direct: 2 VMs have 2 addresses, and the key's plan (pro) serves one at a time")
            )
        }
    }

    // MARK: Nothing is made

    @Test func allThatIsWrongIsSaidAtOnce() async throws {
        try await ExecuteWorld.run { world in
            let order = try world.order(2) { order in
                order.machine.type = "e2-tiny-1"
                order.image = "asia-northeast1-docker.pkg.dev/central-element-323112/market-tick-handler/none:1"
                order.network = "lan"
                order.key = Secret("another-key")
            }
            let (findings, _) = await Preflight(spec: order, services: world.services).look()
            #expect(findings.status == .credentials)
            #expect(Set(findings.errors.map(\.check)) == ["machine type", "image", "network", "Tardis key"])
            #expect(world.changes == [])
            #expect(!findings.json.text().contains("another-key"))
        }
    }

    @Test func aProjectThatIsNotThereIsOneFinding() async throws {
        try await ExecuteWorld.run { world in
            let order = try world.order(2) { $0.project = "no-such-project" }
            let other = world.fleetWorld(project: "no-such-project")
            let (findings, facts) = await Preflight(spec: order, services: other).look()
            #expect(
                findings.errors.map(\.text) == [
                    "there is no project no-such-project; correct --project or GCP_PROJECT_ID"
                ]
            )
            #expect(findings.status == .usage)
            #expect(facts == nil)
        }
    }
}

/// Counts pauses.
private final class Steps: Sendable {
    private let count = Mutex(0)

    func next() -> Int {
        count.withLock { count in
            count += 1
            return count
        }
    }
}

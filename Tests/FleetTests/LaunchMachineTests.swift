import Console
@testable import Fleet
import GoogleCloud
import Testing

@Suite struct LaunchMachineTests {
    private let zones = ["asia-northeast1-a", "asia-northeast1-b", "asia-northeast1-c"]

    private func machine(
        _ count: Int = 60,
        zones: [String]? = nil,
        region: [ComputeQuota] = [],
        project: [ComputeQuota] = []
    ) -> LaunchMachine {
        LaunchMachine(
            .init(
                names: names(0..<count),
                zones: zones ?? self.zones,
                run: "run",
                shape: shape(),
                regionQuotas: ["asia-northeast1": region],
                projectQuotas: project
            )
        )
    }

    private func names(_ range: Range<Int>) -> [String] { range.map { "tick-data-vm-\($0)" } }

    private func request(_ zone: Int, _ range: Range<Int>, minimum: Int? = nil, _ number: Int) -> LaunchMachine.Action {
        .bulkInsert(
            .init(zone: zones[zone], names: names(range), minimum: minimum ?? range.count, number: number)
        )
    }

    private func stockOut(_ suggested: [String] = []) -> LaunchMachine.Event {
        .failed(
            [.init(code: "ZONE_RESOURCE_POOL_EXHAUSTED", message: "no room", zonesAvailable: suggested)],
            httpStatus: 503
        )
    }

    private func failure(_ code: String, _ message: String = "") -> LaunchMachine.Event {
        .failed([.init(code: code, message: message)], httpStatus: nil)
    }

    private func instances(
        _ range: Range<Int>,
        zone: Int,
        _ status: ComputeInstance.Status = .running,
        run: String = "run"
    )
        -> [ComputeInstance]
    {
        names(range).map {
            ComputeInstance(
                name: $0,
                zone: zones[zone],
                status: status,
                labels: ["tick-run": run, "tick-kit": "0-1-0"]
            )
        }
    }

    private func reported(_ action: LaunchMachine.Action) -> LaunchReport? {
        switch action {
        case .done(let report), .fail(let report): report
        default: nil
        }
    }

    @Test func oneRequestMakesAFleet() throws {
        var machine = machine()
        #expect(machine.start() == request(0, 0..<60, 1))
        let end = machine.handle(.finished)
        let report = try #require(reported(end))
        #expect(end == .done(report))
        #expect(report.created == [zones[0]: names(0..<60)])
        #expect(report.summary == "60 of 60 VMs are up (60 in asia-northeast1-a)")
        #expect(report.status == .done)
        #expect(report.requests == 1)
    }

    @Test func aThousandAtATime() {
        var machine = machine(1_500)
        #expect(machine.start() == request(0, 0..<1_000, 1))
        #expect(machine.handle(.finished) == request(0, 1_000..<1_500, 2))
        #expect(reported(machine.handle(.finished))?.status == .done)
    }

    @Test func aZoneThatTheErrorNamesComesFirst() {
        var machine = machine()
        _ = machine.start()
        #expect(machine.handle(stockOut(["asia-northeast1-c", "elsewhere-a"])) == request(2, 0..<60, 2))
        #expect(machine.handle(stockOut()) == request(1, 0..<60, 3))
        #expect(reported(machine.handle(.finished))?.created == [zones[1]: names(0..<60)])
    }

    @Test func whenNoZoneHasRoomForAllEachGivesWhatItHas() throws {
        var machine = machine()
        _ = machine.start()
        _ = machine.handle(stockOut())
        _ = machine.handle(stockOut())
        #expect(machine.handle(stockOut()) == request(0, 0..<60, minimum: 1, 4))
        #expect(machine.handle(.finished) == .list)
        // Ten came in this zone, and one of another run with a name of ours elsewhere changes nothing.
        #expect(
            machine.handle(.listed(instances(0..<10, zone: 0) + instances(20..<21, zone: 1, run: "other")))
                == request(1, 10..<60, minimum: 1, 5)
        )
        // Some may have come all the same.
        #expect(machine.handle(stockOut()) == .list)
        #expect(machine.handle(.listed(instances(0..<10, zone: 0))) == request(2, 10..<60, minimum: 1, 6))
        #expect(machine.handle(.finished) == .list)
        let end = machine.handle(.listed(instances(0..<10, zone: 0) + instances(10..<12, zone: 2)))
        let report = try #require(reported(end))
        #expect(end == .fail(report))
        #expect(report.missing == names(12..<60))
        #expect(report.status == .temporary)
        #expect(
            report.summary
                == "12 of 60 VMs are up (10 in asia-northeast1-a, 2 in asia-northeast1-c), 48 are missing: no zone has room "
                + "for them (asia-northeast1-b: ZONE_RESOURCE_POOL_EXHAUSTED: no room); run the same command again later, or "
                + "allow more zones with --zones"
        )
    }

    @Test func aZoneThatGivesAllIsAskedForMore() {
        var machine = machine(1_200)
        _ = machine.start()
        for _ in 0..<2 { _ = machine.handle(stockOut()) }
        #expect(machine.handle(stockOut()) == request(0, 0..<1_000, minimum: 1, 4))
        _ = machine.handle(.finished)
        #expect(
            machine.handle(.listed(instances(0..<1_000, zone: 0))) == request(0, 1_000..<1_200, minimum: 1, 5)
        )
    }

    @Test func oneVMIsNotAskedForTwiceInAZone() {
        var machine = machine(1, zones: [zones[0]])
        #expect(machine.start() == request(0, 0..<1, 1))
        #expect(reported(machine.handle(stockOut()))?.missing == names(0..<1))
    }

    @Test func quotaForTwelveOfSixtyIsSeenBeforehand() throws {
        let quotas = [ComputeQuota(metric: "CPUS", limit: 24, usage: 0)]
        var machine = machine(region: quotas)
        // What is known may be old.
        #expect(machine.start() == .readQuotas(region: "asia-northeast1"))
        #expect(machine.handle(.quotas(region: quotas, project: [])) == request(0, 0..<12, 1))
        let report = try #require(reported(machine.handle(.finished)))
        #expect(report.upCount == 12)
        #expect(report.missing == names(12..<60))
        #expect(report.status == .temporary)
        #expect(
            report.summary
                == "12 of 60 VMs are up (12 in asia-northeast1-a), 48 are missing: the quota CPUS in asia-northeast1 is 24, "
                + "of which 0 are used, and a VM takes 2; run the same command again when other VMs have ended, or ask for "
                + "a higher quota"
        )
    }

    @Test func noQuotaAtAllAsksNothing() {
        let quotas = [ComputeQuota(metric: "CPUS", limit: 24, usage: 23)]
        var machine = machine(region: quotas)
        _ = machine.start()
        let report = reported(machine.handle(.quotas(region: quotas, project: [])))
        #expect(report?.requests == 0)
        #expect(report?.missing.count == 60)
        #expect(report?.status == .temporary)
    }

    @Test func aQuotaThatHasBeenRaisedMeanwhileLimitsNothing() {
        var machine = machine(region: [ComputeQuota(metric: "CPUS", limit: 24, usage: 24)])
        #expect(machine.start() == .readQuotas(region: "asia-northeast1"))
        let raised = [ComputeQuota(metric: "CPUS", limit: 240, usage: 24)]
        #expect(machine.handle(.quotas(region: raised, project: [])) == request(0, 0..<60, 1))
    }

    @Test func quotasThatCannotBeReadAgainAreBelieved() {
        var machine = machine(region: [ComputeQuota(metric: "CPUS", limit: 24, usage: 0)])
        _ = machine.start()
        let lost = GoogleAPIError(.transport, operation: "read the quotas", detail: "lost")
        #expect(machine.handle(.refused(lost)) == request(0, 0..<12, 1))
    }

    @Test func aQuotaThatChangedMeanwhileIsReadAgain() {
        var machine = machine(region: [ComputeQuota(metric: "CPUS", limit: 200, usage: 0)])
        #expect(machine.start() == request(0, 0..<60, 1))
        let over = failure("QUOTA_EXCEEDED", "Quota 'CPUS' exceeded. Limit: 200.0 in region asia-northeast1.")
        #expect(machine.handle(over) == .readQuotas(region: "asia-northeast1"))
        #expect(
            machine.handle(.quotas(region: [ComputeQuota(metric: "CPUS", limit: 200, usage: 176)], project: []))
                == request(0, 0..<12, 2)
        )
        let report = reported(machine.handle(.finished))
        #expect(report?.upCount == 12)
        #expect(report?.reason?.contains("CPUS in asia-northeast1 is 200, of which 176 are used") == true)
    }

    @Test func aLimitThatNoReadingShowsIsFoundByTrying() {
        var machine = machine()
        var action = machine.start()
        var asked: [Int] = []
        var up = 0
        while case .bulkInsert(let request) = action {
            asked.append(request.names.count)
            if up + request.names.count <= 12 {
                up += request.names.count
                action = machine.handle(.finished)
            } else {
                action = machine.handle(failure("QUOTA_EXCEEDED", "Quota 'X' exceeded. Limit: 12.0 globally."))
                // The reading fails, which changes nothing.
                if case .readQuotas = action {
                    action = machine.handle(.refused(GoogleAPIError(.server(500), operation: "x", detail: "y")))
                }
            }
        }
        #expect(asked == [60, 30, 15, 7, 4, 2, 1])
        #expect(reported(action)?.upCount == 12)
        #expect(reported(action)?.status == .temporary)
        #expect(reported(action)?.reason == "QUOTA_EXCEEDED: Quota 'X' exceeded. Limit: 12.0 globally.")
    }

    /// Its VMs may be there: asked for again without a look they would be made twice, elsewhere.
    @Test func anOperationThatCannotBeReadIsLookedAtFirst() {
        for kind in [GoogleAPIError.Kind.permission, .notFound, .transport] {
            var machine = machine()
            _ = machine.start()
            let error = GoogleAPIError(kind, operation: "wait", detail: "no")
            #expect(machine.handle(.unread(error)) == .list)
            #expect(reported(machine.handle(.listed(instances(0..<60, zone: 0))))?.status == .done)
            machine = self.machine()
            _ = machine.start()
            _ = machine.handle(.unread(error))
            guard case .wait = machine.handle(.listed([])) else {
                Issue.record("it is not asked again with the same number")
                return
            }
            #expect(machine.handle(.waited) == request(0, 0..<60, 1))
        }
    }

    @Test func whereQuotaLeavesRoomThatNoZoneHasTheZonesAreTheReason() {
        let quotas = [ComputeQuota(metric: "CPUS", limit: 24, usage: 0)]
        var machine = machine(zones: [zones[0]], region: quotas)
        _ = machine.start()
        #expect(machine.handle(.quotas(region: quotas, project: [])) == request(0, 0..<12, 1))
        #expect(machine.handle(stockOut()) == request(0, 0..<12, minimum: 1, 2))
        #expect(machine.handle(stockOut()) == .list)
        #expect(reported(machine.handle(.listed([])))?.reason?.hasPrefix("no zone has room") == true)
    }

    @Test func anotherRegionHasItsOwnQuota() {
        var machine = LaunchMachine(
            .init(
                names: names(0..<4),
                zones: ["r1-a", "r1-b", "r2-a"],
                run: "run",
                shape: shape(),
                regionQuotas: [
                    "r1": [ComputeQuota(metric: "CPUS", limit: 2, usage: 0)],
                    "r2": [ComputeQuota(metric: "CPUS", limit: 100, usage: 0)],
                ]
            )
        )
        #expect(machine.start() == .readQuotas(region: "r1"))
        #expect(
            machine.handle(.quotas(region: [ComputeQuota(metric: "CPUS", limit: 2, usage: 0)], project: []))
                == .bulkInsert(.init(zone: "r1-a", names: names(0..<1), minimum: 1, number: 1))
        )
        #expect(
            machine.handle(.finished)
                == .bulkInsert(.init(zone: "r2-a", names: names(1..<4), minimum: 3, number: 2))
        )
        #expect(reported(machine.handle(.finished))?.status == .done)
    }

    @Test func tooManyRequestsSlowDown() {
        var machine = machine()
        _ = machine.start()
        let limited = LaunchMachine.Event.refused(GoogleAPIError(.rateLimited, operation: "create", detail: "slow"))
        #expect(machine.handle(limited) == .wait(.seconds(15)))
        #expect(machine.handle(.waited) == request(0, 0..<60, 2))
        #expect(machine.handle(failure("RESOURCE_OPERATION_RATE_EXCEEDED")) == .wait(.seconds(30)))
        var action = machine.handle(.waited)
        var pauses = 2
        while case .bulkInsert = action {
            action = machine.handle(limited)
            if case .wait = action {
                pauses += 1
                action = machine.handle(.waited)
            }
        }
        #expect(pauses == 10)
        #expect(reported(action)?.status == .temporary)
    }

    @Test func aMissingPermissionEndsItWithWhatIsUp() {
        var machine = machine(1_500)
        _ = machine.start()
        _ = machine.handle(.finished)
        let denied = GoogleAPIError(
            .permission,
            operation: "create 500 VMs in asia-northeast1-a",
            detail: "status 403; give the account a role with the permission compute.instances.create",
            permission: "compute.instances.create"
        )
        let report = reported(machine.handle(.refused(denied)))
        #expect(report?.status == .credentials)
        #expect(report?.upCount == 1_000)
        #expect(report?.missing == names(1_000..<1_500))
        #expect(report?.reason == "\(denied)")
    }

    @Test func aLostAnswerIsAskedForWithTheSameNumber() {
        var machine = machine()
        _ = machine.start()
        let lost = LaunchMachine.Event.refused(GoogleAPIError(.transport, operation: "create", detail: "cut off"))
        #expect(machine.handle(lost) == .wait(.seconds(5)))
        #expect(machine.handle(.waited) == request(0, 0..<60, 1))
        #expect(reported(machine.handle(.finished))?.status == .done)
    }

    @Test func whatALostRequestMadeIsCounted() {
        var machine = machine(3)
        var action = machine.start()
        let lost = LaunchMachine.Event.refused(GoogleAPIError(.transport, operation: "create", detail: "cut off"))
        while action != .list { action = machine.handle(action == request(0, 0..<3, 1) ? lost : .waited) }
        let report = reported(machine.handle(.listed(instances(0..<2, zone: 0))))
        #expect(report?.created == [zones[0]: names(0..<2)])
        #expect(report?.missing == names(2..<3))
        #expect(report?.status == .temporary)
    }

    @Test func namesThatExistAreListed() {
        var machine = machine(3)
        _ = machine.start()
        let exists = LaunchMachine.Event.refused(GoogleAPIError(.alreadyExists, operation: "create", detail: "there"))
        #expect(machine.handle(exists) == .list)
        #expect(machine.handle(.listed(instances(0..<2, zone: 1))) == request(0, 2..<3, 2))
        let report = reported(machine.handle(.finished))
        #expect(report?.existing == [zones[1]: names(0..<2)])
        #expect(report?.created == [zones[0]: names(2..<3)])
        #expect(report?.status == .done)
    }

    @Test func namesThatAreGoingAwayAreWaitedFor() {
        var machine = machine(2)
        _ = machine.start()
        let exists = failure("RESOURCE_ALREADY_EXISTS")
        for number in 2...5 {
            #expect(machine.handle(exists) == .list)
            #expect(machine.handle(.listed(instances(0..<1, zone: 0, .stopping))) == .wait(.seconds(10)))
            #expect(machine.handle(.waited) == request(0, 0..<2, number))
        }
        #expect(reported(machine.handle(.finished))?.status == .done)
    }

    @Test func namesOfOthersEndIt() {
        var machine = machine(2)
        _ = machine.start()
        _ = machine.handle(failure("RESOURCE_ALREADY_EXISTS"))
        let stranger = ComputeInstance(name: "tick-data-vm-1", zone: zones[0], status: .running)
        let report = reported(machine.handle(.listed([stranger])))
        #expect(report?.status == .usage)
        #expect(report?.reason == "tick-data-vm-1 is there and not of this run")
    }

    @Test func namesThatExistButAreNotListedEndItAfterSomeTries() {
        var machine = machine(2)
        var action = machine.start()
        var lists = 0
        while reported(action) == nil {
            switch action {
            case .bulkInsert: action = machine.handle(failure("RESOURCE_ALREADY_EXISTS"))
            case .list:
                lists += 1
                action = machine.handle(.listed([]))
            default: action = machine.handle(.waited)
            }
        }
        #expect(lists == 3)
        #expect(reported(action)?.status == .usage)
    }

    @Test func whatIsWrongEverywhereIsNotAskedElsewhere() {
        var machine = machine()
        _ = machine.start()
        let report = reported(
            machine.handle(.refused(GoogleAPIError(.invalid, operation: "create", detail: "disk too small")))
        )
        #expect(report?.status == .usage)
        #expect(report?.requests == 1)
    }

    @Test func aMachineTypeThatAZoneLacksIsTriedElsewhere() {
        var machine = machine()
        _ = machine.start()
        let lacking = LaunchMachine.Event.refused(
            GoogleAPIError(.notFound, operation: "create", detail: "no such type")
        )
        #expect(machine.handle(lacking) == request(1, 0..<60, 2))
        #expect(machine.handle(lacking) == request(2, 0..<60, 3))
        #expect(reported(machine.handle(lacking))?.status == .usage)
    }

    @Test func aPassingFailureIsTriedTwiceMoreAndThenElsewhere() {
        var machine = machine()
        _ = machine.start()
        for number in 2...3 {
            #expect(machine.handle(failure("RESOURCE_NOT_READY")) == .wait(.seconds(10)))
            #expect(machine.handle(.waited) == request(0, 0..<60, number))
        }
        #expect(machine.handle(failure("RESOURCE_NOT_READY")) == .wait(.seconds(10)))
        #expect(machine.handle(.waited) == request(1, 0..<60, 4))
    }

    @Test func noZonesIsAnEndToo() {
        var machine = machine(zones: [])
        #expect(reported(machine.start())?.status == .failed)
    }
}

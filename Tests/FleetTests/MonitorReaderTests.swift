import FleetModel
import Common
import Console
@testable import Fleet
import GoogleCloud
import Synchronization
import Testing

/// What a look costs, and what it makes of records that are not as they should be.
@Suite struct MonitorReaderTests {
    private let store = CountingStore()
    private let day: CalendarDate

    init() throws {
        day = try date("2023-05-23")
    }

    /// Compute Engine gives 500 VMs a page.
    private func pages(_ vms: [ComputeInstance]) -> Int { max(1, (vms.count + 499) / 500) }

    private func fill(_ run: FleetRun) async throws {
        let plan = run.plan(for: day, created: 5)
        try await store.plan(plan)
        for object in plan.objects { try await store.bring(object, rows: 3, source: 70, bytes: 20) }
        for shard in 0..<run.shards {
            try await store.beat(beat(run, day, shard: shard, phase: .done, updated: monitorNow))
        }
        store.forget()
    }

    @Test("60 VMs and 220 objects cost three requests, the first time and every time")
    func runbookFleet() async throws {
        let run = try FleetRun(dates: [day], instruments: runbookInstruments(), shards: 60)
        try await fill(run)
        let vms = (0..<60).map { vm(run, $0) }
        let reader = MonitorReader(store: store, vms: { vms }, prefix: prefix, now: { monitorNow })
        for _ in 0..<2 {
            store.forget()
            let report = try await reader.report(day, vms: try await reader.vms())
            #expect(report.total.whole == 220)
            #expect(report.verdict == .whole)
            #expect(pages(vms) + store.made.count == 3)
        }
    }

    @Test("1,000 VMs and 10,000 objects cost at most 15 requests")
    func largeFleet() async throws {
        let types: [DataType] = [
            .trades, .quotes, .bookSnapshot5, .derivativeTicker, .liquidations, .bookSnapshot25, .bookTicker,
            .incrementalBookL2,
        ]
        let instruments = (0..<1_250).map { index in
            Instrument(venue: .binanceFutures, symbol: "A\(index)LONGNAMEUSDT", kind: .perpetual, dataTypes: types)
        }
        let run = try FleetRun(dates: [day], instruments: instruments, shards: 1_000)
        try await fill(run)
        let vms = (0..<1_000).map { vm(run, $0) }
        // The logs of many attempts lie beside the heartbeats.
        for number in 0..<1_200 {
            _ = try await store.put(
                ObjectLayout.name(.log(day, vm: "tick-data-vm-\(number)", attempt: 1)),
                [1],
                options: PutOptions()
            )
        }
        store.forget()
        let reader = MonitorReader(store: store, vms: { vms }, prefix: prefix, now: { monitorNow })
        let report = try await reader.report(day, vms: try await reader.vms())
        #expect(report.total.whole == 10_000)
        #expect(report.shards.count == 1_000)
        #expect(pages(vms) + store.made.count <= 15)
    }

    @Test("a plan that does not tell itself in its metadata is read once")
    func planIsReadOnce() async throws {
        let run = try fleetRun(3)
        try await store.plan(run.plan(for: day, created: 5), withMetadata: false)
        let reader = MonitorReader(store: store, vms: nil, prefix: prefix, now: { monitorNow })
        for _ in 0..<3 {
            let report = try await reader.report(day, vms: try await reader.vms())
            #expect(report.total.expected == 9)
        }
        #expect(store.made.filter { $0.hasPrefix("get") } == ["get _runs/2023-05-23/plan.json"])
    }

    @Test("an overview of a few dates costs a request for the records and one a date")
    func overview() async throws {
        for day in ["2023-05-23", "2025-10-20", "2024-02-29"] {
            let run = try fleetRun(2, dates: [day])
            try await store.plan(run.plan(for: try date(day), created: 5))
        }
        _ = try await store.put("_runs/notes.txt", [1], options: PutOptions())
        store.forget()
        let reader = MonitorReader(store: store, vms: { [] }, prefix: prefix, now: { monitorNow })
        let (dates, count) = try await reader.newest(2, vms: try await reader.vms())
        #expect(dates.map(\.date.description) == ["2025-10-20", "2024-02-29"])
        #expect(count == 3)
        #expect(store.made == ["list _runs/", "list 2025-10-20/", "list 2024-02-29/"])
        #expect(try await reader.dates().map(\.description) == ["2025-10-20", "2024-02-29", "2023-05-23"])
    }

    @Test("VMs that cannot be listed are left out with a sentence")
    func noVMs() async throws {
        let refused = GoogleAPIError(.permission, operation: "list the VMs of project p", detail: "not allowed")
        let reader = MonitorReader(store: store, vms: { throw refused }, prefix: prefix, now: { monitorNow })
        let vms = try await reader.vms()
        #expect(vms.list == nil)
        #expect(vms.note == "VMs are left out: cannot list the VMs of project p: not allowed")
        let report = try await reader.report(day, vms: vms)
        #expect(report.members == nil)
        #expect(report.notes == [vms.note])
    }

    @Test("a date without a plan is measured by the registry")
    func registry() async throws {
        let instruments = runbookInstruments()
        let reader = MonitorReader(store: store, vms: nil, prefix: prefix, now: { monitorNow }) {
            Plan(date: $0, instruments: instruments, shards: 1, created: 0)
        }
        let report = try await reader.report(day, vms: .init([]))
        #expect(report.total.expected == 220)
        #expect(report.isUnknown)
        #expect(report.shards.isEmpty)
        #expect(report.verdict == .incomplete)
    }

    @Test("plans of two runs are expected together, and each heartbeat finds its own")
    func twoPlans() async throws {
        let spot = try fleetRun(2, instruments: 4)
        let other = try FleetRun(
            dates: [day],
            instruments: [Instrument(venue: .binanceFutures, symbol: "BTCUSDT", kind: .perpetual)],
            shards: 1
        )
        try await store.plan(spot.plan(for: day, created: 1))
        try await store.plan(other.plan(for: day, created: 2), name: PlanName(id: other.planID))
        try await store.beat(beat(spot, day, shard: 1, phase: .running, updated: monitorNow))
        try await store.beat(beat(other, day, shard: 0, offset: 2, phase: .locked, updated: monitorNow))
        let vms = [
            vm(spot, 0), vm(spot, 1), vm(other, 2, offset: 2, plan: "plan.\(other.planID).json"),
        ]
        let reader = MonitorReader(store: store, vms: { vms }, prefix: prefix, now: { monitorNow })
        let report = try await reader.report(day, vms: try await reader.vms())
        #expect(report.total.expected == 12 + 5)
        #expect(report.plans.map(\.name.description) == ["plan.json", "plan.\(other.planID).json"])
        #expect(report.shards.map(\.vm) == ["tick-data-vm-0", "tick-data-vm-1", "tick-data-vm-2"])
        // A VM that was made an hour ago and never spoke is lost.
        #expect(report.shards.map(\.phase) == [.lost, .running, .locked])
        #expect(MonitorText(place: "gs://b", width: nil, color: false).date(report).contains("PLAN"))
    }

    @Test("a damaged plan is said, and the date is not whole")
    func damagedPlan() async throws {
        _ = try await store.put("_runs/2023-05-23/plan.json", Array("{}".utf8), options: PutOptions())
        let reader = MonitorReader(store: store, vms: { [] }, prefix: prefix, now: { monitorNow })
        let report = try await reader.report(day, vms: try await reader.vms())
        #expect(report.damages.count == 1)
        #expect(report.verdict == .incomplete)
        #expect(VerifyReport(report).damaged.map(\.name) == ["_runs/2023-05-23/plan.json"])
    }

    @Test("a plan is told by its document where its metadata are those of another one")
    func metadataOfAnother() async throws {
        let (two, three) = (try fleetRun(2).plan(for: day, created: 5), try fleetRun(3).plan(for: day, created: 5))
        let told = two.metadata(for: .init(of: two.encoded()))
        _ = try await store.put("_runs/2023-05-23/plan.json", three.encoded(), options: PutOptions(metadata: told))
        let reader = MonitorReader(store: store, vms: { [] }, prefix: prefix, now: { monitorNow })
        let report = try await reader.report(day, vms: try await reader.vms())
        #expect(report.plans.map(\.plan.id) == [three.id])
        #expect(report.shards.count == 3)
    }

    @Test("a record that is far too large is named, and read no further")
    func tooLarge() async throws {
        try await store.plan(try fleetRun(1).plan(for: day, created: 5))
        let vast = [UInt8](repeating: 32, count: (16 << 20) + 1)
        _ = try await store.put("_runs/2023-05-23/plan.0123abcd.json", vast, options: PutOptions())
        _ = try await store.put("_runs/2023-05-23/shards/tick-data-vm-0.7.txt", vast, options: PutOptions())
        store.forget()
        let reader = MonitorReader(store: store, vms: { [] }, prefix: prefix, now: { monitorNow })
        let report = try await reader.report(day, vms: try await reader.vms())
        #expect(report.damages.count == 1)
        #expect(report.damages[0].contains("it has 16777217 bytes"), "\(report.damages)")
        #expect(store.made.allSatisfy { $0.hasPrefix("list") })
    }

    @Test("a VM that falls silent on its first date is lost on its second, also where that alone is looked at")
    func silentOnAnotherDate() async throws {
        let run = try fleetRun(1, dates: ["2023-05-22", "2023-05-23"])
        for date in run.dates { try await store.plan(run.plan(for: date, created: 5)) }
        try await store.beat(beat(run, run.dates[0], shard: 0, phase: .running, updated: monitorNow - 400_000_000))
        let vms = [vm(run, 0)]
        store.forget()
        let reader = MonitorReader(store: store, vms: { vms }, prefix: prefix, now: { monitorNow })
        let report = try await reader.report(run.dates[1], vms: try await reader.vms())
        #expect(report.shards.map(\.phase) == [.lost])
        #expect(report.shards[0].reason?.contains("when it worked on another date") == true)
        // One listing more for each other date of its VMs.
        #expect(store.made.count == 3)
        let overview = try await reader.newest(1, vms: try await reader.vms())
        #expect(overview.reports.map(\.verdict) == [report.verdict])
        #expect(overview.reports.flatMap(\.shards).map(\.phase) == [.lost])
    }

    @Test("a VM that gcloud made with the kit's labels is seen, and look-alikes are not")
    func foreignVMs() async throws {
        let run = try fleetRun(2)
        try await store.plan(run.plan(for: day, created: 5))
        try await store.beat(beat(run, day, shard: 1, phase: .running, updated: monitorNow))
        var bare = vm(run, 1)
        bare.metadata = [:]
        var alike = vm(run, 0)
        alike.name = "my-tick-data-vm-0"
        let vms = [bare, alike]
        let reader = MonitorReader(store: store, vms: { vms }, prefix: prefix, now: { monitorNow })
        let report = try await reader.report(day, vms: try await reader.vms())
        #expect(report.members?.map(\.vm.name) == ["tick-data-vm-1"])
        #expect(report.shards.map(\.phase) == [.planned, .running])
        #expect(report.shards[1].worker?.place == "asia-northeast1-a")
    }
}

/// A plan tells itself in its object's metadata.
@Suite struct PlanMetadataTests {
    @Test func theRunbooksPlanComesBack() throws {
        let plan = Plan(date: try date("2023-05-23"), instruments: runbookInstruments(), shards: 60, created: 12_345)
        #expect(Plan(metadata: plan.metadata) == plan)
        let size = plan.metadata.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
        #expect(size < 2_000)
    }

    @Test("instruments that differ row by row keep their order and types")
    func mixed() throws {
        let instruments = [
            Instrument(venue: .binanceSpot, symbol: "A", kind: .spot, dataTypes: [.quotes]),
            Instrument(venue: .binanceFutures, symbol: "A", kind: .perpetual),
            Instrument(venue: .binanceSpot, symbol: "B", kind: .spot, dataTypes: [.quotes, .trades]),
            Instrument(venue: .binanceSpot, symbol: "C", kind: .spot, dataTypes: []),
        ]
        let plan = Plan(date: try date("2023-05-23"), instruments: instruments, shards: 3, created: 1)
        #expect(Plan(metadata: plan.metadata) == plan)
    }

    @Test("what does not fit or cannot stand in a list is left to the document")
    func tooMuch() throws {
        let day = try date("2023-05-23")
        let many = (0..<1_000).map { Instrument(venue: .binanceSpot, symbol: "LONG\($0)USDT", kind: .spot) }
        let large = Plan(date: day, instruments: many, shards: 1_000, created: 1)
        #expect(Plan(metadata: large.metadata) == nil)
        #expect(large.metadata.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count } < 8_192)
        for symbol in ["A B", "A,B", "A;B", "A:B", "Ä"] {
            let odd = [Instrument(venue: .binanceSpot, symbol: symbol, kind: .spot)]
            #expect(Plan(metadata: Plan(date: day, instruments: odd, shards: 1, created: 1).metadata) == nil)
        }
    }

    @Test(
        "metadata of something else is no plan",
        arguments: ["tick-schema", "tick-date", "tick-shards", "tick-created", "tick-kit"]
    )
    func damaged(key: String) throws {
        let plan = Plan(date: try date("2023-05-23"), instruments: runbookInstruments(), shards: 60, created: 12_345)
        var metadata = plan.metadata
        metadata[key] = nil
        #expect(Plan(metadata: metadata) == nil)
        metadata[key] = "x;"
        if key != "tick-kit" { #expect(Plan(metadata: metadata) == nil) }
        metadata = plan.metadata
        metadata["tick-instruments"]? += ";"
        #expect(Plan(metadata: metadata) == nil)
    }
}

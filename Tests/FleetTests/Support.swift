import FleetModel
import Common
import Console
@testable import Fleet
import GoogleCloud

/// The kit's, not the one of exit tests.
typealias ExitStatus = Console.ExitStatus

/// The prefix of the kit's VMs.
let prefix = "tick-data-vm"

/// A small generator whose seed a failing test prints.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// True so often.
    mutating func chance(_ share: Double) -> Bool { Double.random(in: 0..<1, using: &self) < share }
}

/// A date that tests know to exist.
func date(_ text: String) throws -> CalendarDate {
    guard let date = CalendarDate(text) else { throw UsageError("bad test date \(text)") }
    return date
}

/// Instruments with small names: spot ones with three types each.
func instruments(_ count: Int) -> [Instrument] {
    (0..<count).map { Instrument(venue: .binanceSpot, symbol: "S\($0)USDT", kind: .spot) }
}

/// A run of one date.
func fleetRun(_ shards: Int, dates: [String] = ["2023-05-23"], instruments count: Int? = nil) throws -> FleetRun {
    try FleetRun(dates: try dates.map(date), instruments: instruments(count ?? shards), shards: shards)
}

/// A VM of a run as `bulkInsert` made it.
func vm(
    _ run: FleetRun,
    _ number: Int,
    offset: Int = 0,
    status: ComputeInstance.Status = .running,
    zone: String = "asia-northeast1-a",
    plan: String = "plan.json",
    created: String = "2023-05-24T07:00:00Z"
) -> ComputeInstance {
    ComputeInstance(
        name: FleetNames.vm(prefix, number),
        zone: zone,
        status: status,
        labels: run.labels,
        metadata: run.metadata(settings(offset: offset, plan: plan)),
        created: created
    )
}

/// What VMs are told.
func settings(offset: Int = 0, plan: String = "plan.json", key: VMSettings.Key = .none, keepsVM: Bool = false)
    -> VMSettings
{
    VMSettings(
        offset: offset,
        plan: PlanName(plan) ?? .standard,
        bucket: "gs://market-data-tick",
        image: "example.com/p/r/market-tick:1",
        key: key,
        keepsVM: keepsVM,
        startupScript: "#!/bin/bash\n"
    )
}

extension ObjectMetadata.Content {
    /// What these bytes are.
    init(of bytes: [UInt8]) {
        self.init(size: Int64(bytes.count), crc32c: CRC32C.of(bytes))
    }
}

/// The path of the file at Tardis that an object is made from.
func sourcePath(_ object: DataObject) -> String {
    let day = "\(object.date)".replacing("-", with: "/")
    return "/v1/\(object.venue.tardisExchange)/\(object.dataType.rawValue)/\(day)/\(object.symbol).csv.gz"
}

/// A whole data object in a listing.
func whole(
    _ object: DataObject,
    rows: Int64 = 10,
    content: ObjectMetadata.Content = .init(size: 800, crc32c: 4711)
) -> ObjectInfo {
    let start = object.date.startMicroseconds
    let metadata = ObjectMetadata(
        dataType: object.dataType,
        rows: rows,
        firstTime: rows > 0 ? start : nil,
        lastTime: rows > 0 ? start + 5 : nil,
        content: content,
        source: .init(path: sourcePath(object), size: 1_000)
    )
    return ObjectInfo(
        name: object.name,
        size: content.size,
        crc32c: content.crc32c,
        generation: 1,
        metadata: metadata.encoded
    )
}

/// A minute after VMs of tests were made, in microseconds since 1970.
let soonAfter: Int64 = 1_684_911_660_000_000

/// The state of a run, as a launch makes it of what it reads. `now` is soon after the VMs were made.
func fleetState(
    _ run: FleetRun,
    prefix: String = prefix,
    offset: Int = 0,
    expected: [String: String] = [:],
    objects: [ObjectInfo],
    heartbeats: [Heartbeat],
    vms: [ComputeInstance],
    now: Int64 = soonAfter
) -> FleetState {
    let workers = vms.compactMap { ManagedVM($0, prefix: prefix)?.worker }
    let facts = run.dates.map { date in
        DateFacts(
            date: date,
            workers: workers,
            plans: [.init(name: .standard, plan: run.plan(for: date, created: 1))],
            heartbeats: heartbeats.filter { $0.date == date },
            objects: objects.map { ListedObject($0) }.filter { $0.name.hasPrefix(ObjectLayout.dataPrefix(date)) }
        )
    }
    return FleetState(
        run,
        plan: .standard,
        prefix: prefix,
        offset: offset,
        expected: expected,
        snapshot: FleetSnapshot(dates: facts, vms: vms),
        now: now
    )
}

/// A file that the source does not have, as a catalogue proves.
func absence(_ object: String) -> Absence {
    Absence(object: object, proof: .init(catalogue: "https://c/exchanges/e", read: 1, reason: "never had it"))
}

/// A heartbeat of a VM.
func beat(
    _ run: FleetRun,
    _ date: CalendarDate,
    shard: Int,
    offset: Int = 0,
    phase: ShardPhase,
    attempt: Int = 1,
    updated: Int64 = soonAfter,
    _ change: (inout Heartbeat) -> Void = { _ in }
) -> Heartbeat {
    var state = Heartbeat(
        date: date,
        plan: run.planID,
        vm: FleetNames.vm(prefix, offset + shard),
        shard: shard,
        shards: run.shards,
        attempt: attempt,
        phase: phase,
        now: updated
    )
    state.figures.total = run.plan(for: date, created: 0).objects(ofShard: shard).count
    change(&state)
    return state
}

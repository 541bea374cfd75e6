import Common
import Console
import Fleet
import GoogleCloud
import Testing

/// What people read, at the widths of their screens and in a pipe.
@Suite struct MonitorScreenTests {
    private let day: CalendarDate
    private let run: FleetRun
    private let report: DateReport

    init() async throws {
        day = try date("2023-05-23")
        let instruments =
            (0..<4).map { Instrument(venue: .binanceSpot, symbol: "S\($0)USDT", kind: .spot) } + [
                Instrument(venue: .binanceFutures, symbol: "BTCUSDT", kind: .perpetual),
                Instrument(venue: .binanceFutures, symbol: "ETHUSDT", kind: .perpetual),
            ]
        run = try FleetRun(dates: [day], instruments: instruments, shards: 6)
        let plan = run.plan(for: day, created: 0)
        func whole(_ object: DataObject) -> ObjectInfo {
            let metadata = fileMetadata(object, rows: 1_000_000, source: 20_000_000)
            return ObjectInfo(name: object.name, size: 18_000_000, crc32c: 1, generation: 1, metadata: metadata.encoded)
        }
        var objects = plan.objects(ofShard: 0).map(whole) + plan.objects(ofShard: 5).prefix(4).map(whole)
        objects += plan.objects(ofShard: 1).prefix(1).map(whole)
        objects.append(ObjectInfo(name: plan.objects(ofShard: 2)[0].name, size: 3, crc32c: 0, generation: 1))
        objects.append(ObjectInfo(name: "2023-05-23/notes.txt", size: 3, crc32c: 0, generation: 1))
        let beats = [
            beat(run, day, shard: 0, phase: .done, updated: monitorNow - 400_000_000),
            beat(run, day, shard: 1, phase: .running, updated: monitorNow - 4_000_000) { state in
                state.figures.bytesPerSecond = 1_000_000
                state.current = [plan.objects(ofShard: 1)[1].name]
            },
            beat(run, day, shard: 2, phase: .failed, updated: monitorNow - 60_000_000) { state in
                state.figures.failed = 3
                state.note(error: .init(object: plan.objects(ofShard: 2)[0].name, reason: "the source answered 500"))
            },
            beat(run, day, shard: 3, phase: .running, updated: monitorNow - 90_000_000),
            beat(run, day, shard: 4, phase: .locked, updated: monitorNow - 9_000_000) { state in
                state.note(error: .init(object: "", reason: "the key is in use from 198.51.100.7"))
            },
            beat(run, day, shard: 5, phase: .uploading, updated: monitorNow - 1_000_000) { state in
                state.figures.bytesPerSecond = 2_500_000
            },
        ]
        let run = run
        var vms = [1, 2, 4, 5].map { vm(run, $0) }
        vms[1].status = .terminated
        report = DateReport(try snapshot(run, vms: vms, beats: beats, objects: objects))
    }

    private func text(_ width: Int?, color: Bool = false) -> MonitorText {
        MonitorText(place: "gs://market-data-tick", width: width, color: color)
    }

    @Test("all DATE at 80 columns")
    func dateAt80() {
        #expect(
            text(80).date(report) == #"""
                X
                """# + "\n"
        )
    }

    @Test("all DATE at 120 columns")
    func dateAt120() {
        #expect(
            text(120).date(report) == #"""
                X
                """# + "\n"
        )
    }

    @Test("the overview at 80 columns")
    func overview() {
        #expect(
            text(80).overview([report], hidden: 2, notes: []) == #"""
                X
                """# + "\n"
        )
    }

    @Test("vms DATE and vms at 100 columns")
    func vms() {
        let members = report.members ?? []
        #expect(
            text(100).vms(members, report: report, now: monitorNow) == #"""
                X
                """# + "\n"
        )
        #expect(
            text(100).vms(members, report: nil, now: monitorNow) == #"""
                X
                """# + "\n"
        )
        #expect(text(80).vms([], report: nil, now: monitorNow) == "no VM of the kit is there\n")
    }

    @Test("gcs DATE and verify DATE in a pipe")
    func files() {
        #expect(
            text(nil).files(report) == #"""
                X
                """# + "\n"
        )
        #expect(
            text(nil).verify(VerifyReport(report), notes: []) == #"""
                X
                """# + "\n"
        )
    }

    @Test("a pipe gets no escape codes, a screen none that are wider than it", arguments: [80, 120, nil])
    func widths(width: Int?) {
        for screen in [
            text(width).date(report), text(width).overview([report], hidden: 0, notes: ["x"]),
            text(width).files(report),
            text(width).verify(VerifyReport(report), notes: []),
            text(width).vms(report.members ?? [], report: report, now: monitorNow),
        ] {
            #expect(!screen.contains("\u{1B}"))
            guard let width else { continue }
            for line in screen.split(separator: "\n") where !line.contains("/") {
                #expect(displayWidth(line) <= width, "\(line)")
            }
        }
        #expect(text(80, color: true).date(report).contains("\u{1B}[31m"))
    }

    @Test("what others write cannot reach the terminal as control characters")
    func hostile() throws {
        let beats = [
            beat(run, day, shard: 0, phase: .failed, updated: monitorNow) { state in
                state.note(error: .init(object: "x\u{1B}[2J", reason: "\u{1B}]0;title\u{07}\nsecond line"))
            }
        ]
        let report = DateReport(try snapshot(run, vms: [], beats: beats))
        let screen = text(120).date(report)
        #expect(!screen.unicodeScalars.contains { $0.value < 32 && $0 != "\n" })
    }
}

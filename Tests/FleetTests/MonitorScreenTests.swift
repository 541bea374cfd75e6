import FleetModel
import Common
import Console
@testable import Fleet
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
            let content = ObjectMetadata.Content(size: 18_000_000, crc32c: 1)
            let metadata = fileMetadata(object, rows: 1_000_000, source: 20_000_000, content: content)
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
        report = try dateReport(run, vms: vms, beats: beats, objects: objects)
    }

    private func text(_ width: Int?, color: Bool = false) -> MonitorText {
        MonitorText(place: "gs://market-data-tick", width: width, color: color)
    }

    @Test("all DATE at 80 columns")
    func dateAt80() {
        let wanted = #"""
            2023-05-23 in gs://market-data-tick is being downloaded
            8 of 22 files (36%), 8,000,000 rows, 144.0 MB of Parquet, 3.5 MB/s
            as of 2023-05-24 08:00:00 UTC

            4 VMs: 3 RUNNING, 1 TERMINATED
            6 shards: 1 RUNNING, 1 UPLOADING, 1 LOCKED, 1 DONE, 1 FAILED, 1 LOST

            TYPE               FILES  EMPTY  ABSENT  BAD  MISSING       ROWS     BYTES
            trades               3/6      0       0    1        2  3,000,000   54.0 MB
            quotes               2/6      0       0    0        4  2,000,000   36.0 MB
            derivative_ticker    1/2      0       0    0        1  1,000,000   18.0 MB
            book_snapshot_5      2/6      0       0    0        4  2,000,000   36.0 MB
            liquidations         0/2      0       0    0        2          0       0 B
            all                 8/22      0       0    1       13  8,000,000  144.0 MB
            1 more object of the date is asked for by no plan

            SHARD  VM              STATE      FILES  DONE      RATE  LEFT   HEARD  DOING
                1  tick-data-vm-1  RUNNING      1/3   33%  1.0 MB/s   40s      4s  book_sna…
                2  tick-data-vm-2  FAILED       0/3    0%         -     -  1m 00s  trades b…
                3  tick-data-vm-3  LOST         0/3    0%         -     -  1m 30s  its VM n…
                4  tick-data-vm-4  LOCKED       0/5    0%         -     -      9s  the key …
                5  tick-data-vm-5  UPLOADING    4/5   80%  2.5 MB/s    8s      1s
            1 more is finished

            FAILURES
              FAILED tick-data-vm-2 (3 files): trades binance-spot/S2USDT: the source
              answered 500
              LOST tick-data-vm-3: its VM no longer exists; its last heartbeat said RUNNING
              LOCKED tick-data-vm-4: the key is in use from 198.51.100.7

            NEXT
              monitor-tick-download logs tick-data-vm-2 shows what went wrong there
              1 shard waits, as the Tardis key is in use from another address: end that
              download, or launch with --egress shared; waiting ends by itself
              nobody works on 2 shards that are not finished: orchestrate-tick-download
              --date 2023-05-23 --instances 6, with the options of the first time, downloads
              what is missing
              2 shards are worked on: wait
            """#
        #expect(text(80).date(report) == wanted + "\n")
    }

    @Test("all DATE at 120 columns")
    func dateAt120() {
        let wanted = #"""
            2023-05-23 in gs://market-data-tick is being downloaded
            8 of 22 files (36%), 8,000,000 rows, 144.0 MB of Parquet, 3.5 MB/s
            as of 2023-05-24 08:00:00 UTC

            4 VMs: 3 RUNNING, 1 TERMINATED
            6 shards: 1 RUNNING, 1 UPLOADING, 1 LOCKED, 1 DONE, 1 FAILED, 1 LOST

            TYPE               FILES  EMPTY  ABSENT  BAD  MISSING       ROWS     BYTES
            trades               3/6      0       0    1        2  3,000,000   54.0 MB
            quotes               2/6      0       0    0        4  2,000,000   36.0 MB
            derivative_ticker    1/2      0       0    0        1  1,000,000   18.0 MB
            book_snapshot_5      2/6      0       0    0        4  2,000,000   36.0 MB
            liquidations         0/2      0       0    0        2          0       0 B
            all                 8/22      0       0    1       13  8,000,000  144.0 MB
            1 more object of the date is asked for by no plan

            SHARD  VM              STATE      FILES  DONE      RATE  LEFT   HEARD  DOING
                1  tick-data-vm-1  RUNNING      1/3   33%  1.0 MB/s   40s      4s  book_snapshot_5 binance-spot/S1USDT
                2  tick-data-vm-2  FAILED       0/3    0%         -     -  1m 00s  trades binance-spot/S2USDT: the source answered …
                3  tick-data-vm-3  LOST         0/3    0%         -     -  1m 30s  its VM no longer exists; its last heartbeat said…
                4  tick-data-vm-4  LOCKED       0/5    0%         -     -      9s  the key is in use from 198.51.100.7
                5  tick-data-vm-5  UPLOADING    4/5   80%  2.5 MB/s    8s      1s
            1 more is finished

            FAILURES
              FAILED tick-data-vm-2 (3 files): trades binance-spot/S2USDT: the source answered 500
              LOST tick-data-vm-3: its VM no longer exists; its last heartbeat said RUNNING
              LOCKED tick-data-vm-4: the key is in use from 198.51.100.7

            NEXT
              monitor-tick-download logs tick-data-vm-2 shows what went wrong there
              1 shard waits, as the Tardis key is in use from another address: end that download, or launch with --egress shared;
              waiting ends by itself
              nobody works on 2 shards that are not finished: orchestrate-tick-download --date 2023-05-23 --instances 6, with the
              options of the first time, downloads what is missing
              2 shards are worked on: wait
            """#
        #expect(text(120).date(report) == wanted + "\n")
    }

    @Test("the overview at 80 columns")
    func overview() {
        let wanted = #"""
            DATE        STATE    FILES  DONE  SHARDS  VMS      RATE  LEFT  TROUBLE
            2023-05-23  working   8/22   36%     1/6    3  3.5 MB/s     -  1 LOCKED, 1 FAIL…
            2 earlier dates not shown; --dates N shows more

            NEXT
              monitor-tick-download all 2023-05-23 shows that date in full
              monitor-tick-download logs tick-data-vm-2 shows what went wrong there
            """#
        #expect(text(80).overview([report], hidden: 2, notes: []) == wanted + "\n")
    }

    @Test("vms DATE and vms at 100 columns")
    func vms() {
        let members = report.members ?? []
        let ofDate = #"""
            NAME            ZONE               STATUS         AGE  SHARD  STATE      FILES  DOING
            tick-data-vm-1  asia-northeast1-a  RUNNING     1h 00m      1  RUNNING      1/3  book_snapshot_5 bin…
            tick-data-vm-2  asia-northeast1-a  TERMINATED  1h 00m      2  FAILED       0/3  trades binance-spot…
            tick-data-vm-4  asia-northeast1-a  RUNNING     1h 00m      4  LOCKED       0/5  the key is in use f…
            tick-data-vm-5  asia-northeast1-a  RUNNING     1h 00m      5  UPLOADING    4/5

            4 in all: 3 RUNNING, 1 TERMINATED
            """#
        #expect(text(100).vms(members, report: report, now: monitorNow) == ofDate + "\n")
        let ofAll = #"""
            NAME            ZONE               STATUS         AGE  SHARD  SPOT  DATES       RUN
            tick-data-vm-1  asia-northeast1-a  RUNNING     1h 00m      1  yes   2023-05-23  20230523-006-73fd81…
            tick-data-vm-2  asia-northeast1-a  TERMINATED  1h 00m      2  yes   2023-05-23  20230523-006-73fd81…
            tick-data-vm-4  asia-northeast1-a  RUNNING     1h 00m      4  yes   2023-05-23  20230523-006-73fd81…
            tick-data-vm-5  asia-northeast1-a  RUNNING     1h 00m      5  yes   2023-05-23  20230523-006-73fd81…

            4 in all: 3 RUNNING, 1 TERMINATED
            """#
        #expect(text(100).vms(members, report: nil, now: monitorNow) == ofAll + "\n")
        #expect(text(80).vms([], report: nil, now: monitorNow) == "no VM of the kit is there\n")
    }

    @Test("gcs DATE and verify DATE in a pipe")
    func files() {
        let files = #"""
            2023-05-23 in gs://market-data-tick is being downloaded
            8 of 22 files (36%), 8,000,000 rows, 144.0 MB of Parquet, 3.5 MB/s
            as of 2023-05-24 08:00:00 UTC

            TYPE               VENUE            EXPECTED  THERE  BAD  MISSING       ROWS    BYTES
            trades             binance-spot            4      2    1        1  2,000,000  36.0 MB
            trades             binance-futures         2      1    0        1  1,000,000  18.0 MB
            quotes             binance-spot            4      1    0        3  1,000,000  18.0 MB
            quotes             binance-futures         2      1    0        1  1,000,000  18.0 MB
            derivative_ticker  binance-futures         2      1    0        1  1,000,000  18.0 MB
            book_snapshot_5    binance-spot            4      1    0        3  1,000,000  18.0 MB
            book_snapshot_5    binance-futures         2      1    0        1  1,000,000  18.0 MB
            liquidations       binance-futures         2      0    0        2          0      0 B

            ASKED FOR BY NO PLAN
              2023-05-23/notes.txt

            BAD
              2023-05-23/trades/binance-spot/S2USDT/trades_2023-05-23_S2USDT_spot.parquet: 3 bytes are too few for a Parquet file

            MISSING
              2023-05-23/book_snapshot_5/binance-futures/BTCUSDT/book_snapshot_5_2023-05-23_BTCUSDT_perpetual.parquet
              2023-05-23/book_snapshot_5/binance-spot/S1USDT/book_snapshot_5_2023-05-23_S1USDT_spot.parquet
              2023-05-23/book_snapshot_5/binance-spot/S2USDT/book_snapshot_5_2023-05-23_S2USDT_spot.parquet
              2023-05-23/book_snapshot_5/binance-spot/S3USDT/book_snapshot_5_2023-05-23_S3USDT_spot.parquet
              2023-05-23/derivative_ticker/binance-futures/BTCUSDT/derivative_ticker_2023-05-23_BTCUSDT_perpetual.parquet
              2023-05-23/liquidations/binance-futures/BTCUSDT/liquidations_2023-05-23_BTCUSDT_perpetual.parquet
              2023-05-23/liquidations/binance-futures/ETHUSDT/liquidations_2023-05-23_ETHUSDT_perpetual.parquet
              2023-05-23/quotes/binance-futures/BTCUSDT/quotes_2023-05-23_BTCUSDT_perpetual.parquet
              2023-05-23/quotes/binance-spot/S1USDT/quotes_2023-05-23_S1USDT_spot.parquet
              2023-05-23/quotes/binance-spot/S2USDT/quotes_2023-05-23_S2USDT_spot.parquet
              2023-05-23/quotes/binance-spot/S3USDT/quotes_2023-05-23_S3USDT_spot.parquet
              2023-05-23/trades/binance-futures/BTCUSDT/trades_2023-05-23_BTCUSDT_perpetual.parquet
              2023-05-23/trades/binance-spot/S3USDT/trades_2023-05-23_S3USDT_spot.parquet
            """#
        #expect(text(nil).files(report) == files + "\n")
        let verify = #"""
            2023-05-23 is not complete yet, and is being downloaded: 8 of 22 expected objects are there and right

            DAMAGED (1)
              2023-05-23/trades/binance-spot/S2USDT/trades_2023-05-23_S2USDT_spot.parquet: 3 bytes are too few for a Parquet file

            MISSING (13)
              2023-05-23/book_snapshot_5/binance-futures/BTCUSDT/book_snapshot_5_2023-05-23_BTCUSDT_perpetual.parquet
              2023-05-23/book_snapshot_5/binance-spot/S1USDT/book_snapshot_5_2023-05-23_S1USDT_spot.parquet
              2023-05-23/book_snapshot_5/binance-spot/S2USDT/book_snapshot_5_2023-05-23_S2USDT_spot.parquet
              2023-05-23/book_snapshot_5/binance-spot/S3USDT/book_snapshot_5_2023-05-23_S3USDT_spot.parquet
              2023-05-23/derivative_ticker/binance-futures/BTCUSDT/derivative_ticker_2023-05-23_BTCUSDT_perpetual.parquet
              2023-05-23/liquidations/binance-futures/BTCUSDT/liquidations_2023-05-23_BTCUSDT_perpetual.parquet
              2023-05-23/liquidations/binance-futures/ETHUSDT/liquidations_2023-05-23_ETHUSDT_perpetual.parquet
              2023-05-23/quotes/binance-futures/BTCUSDT/quotes_2023-05-23_BTCUSDT_perpetual.parquet
              2023-05-23/quotes/binance-spot/S1USDT/quotes_2023-05-23_S1USDT_spot.parquet
              2023-05-23/quotes/binance-spot/S2USDT/quotes_2023-05-23_S2USDT_spot.parquet
              2023-05-23/quotes/binance-spot/S3USDT/quotes_2023-05-23_S3USDT_spot.parquet
              2023-05-23/trades/binance-futures/BTCUSDT/trades_2023-05-23_BTCUSDT_perpetual.parquet
              2023-05-23/trades/binance-spot/S3USDT/trades_2023-05-23_S3USDT_spot.parquet

            ASKED FOR BY NO PLAN (1)
              2023-05-23/notes.txt
            """#
        #expect(text(nil).verify(VerifyReport(report), notes: []) == verify + "\n")
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
        let report = try dateReport(run, vms: [], beats: beats)
        let screen = text(120).date(report)
        #expect(!screen.unicodeScalars.contains { $0.value < 32 && $0 != "\n" })
    }
}

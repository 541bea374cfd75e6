import FleetModel
import Common
import Console
@testable import Fleet
import GoogleCloud
import Synchronization
import Testing

/// A VM's log, while it lives and when it is gone.
@Suite struct MonitorLogTests {
    private let store = CountingStore()
    private let day: CalendarDate
    private let run: FleetRun

    init() throws {
        day = try date("2023-05-23")
        run = try fleetRun(2)
    }

    /// A machine room: what the console has said so far, and whether the VM lives; each wait lets the next thing happen.
    private final class Room: Sendable {
        struct State {
            var vms: [ComputeInstance]
            var console = ""
            var lost: Int64 = 0
            /// As while a VM is being made: 400 `resourceNotReady`.
            var isNotReady = false
            var waits = 0
            var script: [@Sendable (inout State) -> Void]
        }
        let state: Mutex<State>

        init(_ vms: [ComputeInstance], console: String = "", _ script: [@Sendable (inout State) -> Void] = []) {
            state = Mutex(State(vms: vms, console: console, script: script))
        }

        func serial(_ start: Int64) throws -> (contents: String, start: Int64, next: Int64) {
            try state.withLock { state in
                guard state.vms.contains(where: \.status.isAlive) else {
                    throw GoogleAPIError(.notFound, operation: "read the serial port", detail: "no such VM")
                }
                if state.isNotReady {
                    throw GoogleAPIError(
                        .conflict,
                        operation: "read the serial port",
                        detail: "the resource is not ready"
                    )
                }
                let bytes = Array(state.console.utf8)
                let begin = max(start, state.lost)
                return (String(decoding: bytes[Int(begin)...], as: UTF8.self), begin, Int64(bytes.count))
            }
        }

        func wait() throws {
            try state.withLock { state in
                guard state.waits < state.script.count else { throw CancellationError() }
                state.script[state.waits](&state)
                state.waits += 1
            }
        }
    }

    private func events(_ room: Room?, _ request: VMLog.Request) async throws -> [VMLog.Event] {
        var events: [VMLog.Event] = []
        let reader: MonitorReader
        var serial: VMLog.Serial?
        if let room {
            reader = MonitorReader(
                store: store,
                vms: { room.state.withLock { $0.vms } },
                prefix: prefix,
                now: { monitorNow }
            )
            serial = { _, _, start in try room.serial(start) }
        } else {
            reader = MonitorReader(store: store, vms: nil, prefix: prefix, now: { monitorNow })
        }
        let log = VMLog(reader: reader, store: store, serial: serial, sleep: { _ in try room?.wait() })
        try await log.read(request) { events.append($0) }
        return events
    }

    private func put(_ date: CalendarDate, _ vm: String, _ attempt: Int, _ text: String) async throws {
        _ = try await store.put(
            ObjectLayout.name(.log(date, vm: vm, attempt: attempt)),
            Array(text.utf8),
            options: PutOptions()
        )
    }

    @Test func aVMThatLivesSpeaksOnItsConsole() async throws {
        let room = Room([vm(run, 0)], console: "booting\r\n\u{1B}[32mok\u{1B}[0m\n")
        let events = try await events(room, .init(vm: "tick-data-vm-0"))
        #expect(events == [.source("serial console of tick-data-vm-0 in asia-northeast1-a"), .text("booting\nok\n")])
    }

    @Test("following shows what is added, and where the log is when the VM is gone")
    func follows() async throws {
        try await put(day, "tick-data-vm-0", 1, "all of it\n")
        let room = Room(
            [vm(run, 0)],
            console: "one\n",
            [
                { $0.console += "two\n" },
                { _ in },
                {
                    $0.console += "three\n"
                    $0.lost = 10
                },
                { $0.vms = [] },
            ]
        )
        let events = try await events(room, .init(vm: "tick-data-vm-0", follows: true))
        #expect(
            events == [
                .source("serial console of tick-data-vm-0 in asia-northeast1-a"), .text("one\n"), .text("two\n"),
                .source("the console keeps its last megabyte; what was before is lost"), .text("ree\n"),
                .source(
                    "tick-data-vm-0 is gone; its log is gs://market-data-tick/_runs/2023-05-23/logs/tick-data-vm-0.1.log"
                ),
                .text("all of it\n"),
            ]
        )
    }

    /// A VM ends itself right after its last lines.
    @Test func theLastLinesThatNoLookAtTheConsoleCaughtComeFromTheBucket() async throws {
        try await put(day, "tick-data-vm-0", 1, "begins\ndownloading\nDONE\nends with status 0\n")
        let room = Room([vm(run, 0)], console: "[0.0] boots\nbegins\ndownloading\n", [{ $0.vms = [] }])
        let events = try await events(room, .init(vm: "tick-data-vm-0", follows: true))
        #expect(events.last == .text("DONE\nends with status 0\n"))
    }

    @Test func aVMThatIsBeingMadeHasNoConsoleYet() async throws {
        let room = Room([vm(run, 0)], console: "one\n", [{ $0.isNotReady = false }, { $0.vms = [] }])
        room.state.withLock { $0.isNotReady = true }
        let source = VMLog.Event.source("serial console of tick-data-vm-0 in asia-northeast1-a")
        #expect(try await events(room, .init(vm: "tick-data-vm-0")) == [source])
        let followed = try await events(room, .init(vm: "tick-data-vm-0", follows: true))
        #expect(followed.prefix(2) == [source, .text("one\n")])
    }

    @Test("a VM that was gone before it said anything is read in the bucket")
    func goneAtOnce() async throws {
        try await put(day, "tick-data-vm-0", 1, "short life\n")
        let room = Room([vm(run, 0)])
        let store = store
        let calls = Mutex(0)
        let reader = MonitorReader(
            store: store,
            vms: {
                // There at the first look, gone at the second.
                calls.withLock { calls in
                    calls += 1
                    return calls == 1 ? room.state.withLock { $0.vms } : []
                }
            },
            prefix: prefix,
            now: { monitorNow }
        )
        let gone = GoogleAPIError(.notFound, operation: "read the serial port", detail: "no such VM")
        let log = VMLog(reader: reader, store: store, serial: { _, _, _ in throw gone }, sleep: { _ in })
        var events: [VMLog.Event] = []
        try await log.read(.init(vm: "tick-data-vm-0", follows: true)) { events.append($0) }
        #expect(events.last == .text("short life\n"))
    }

    @Test("afterwards the last attempt's object is read, of all dates or of one")
    func afterwards() async throws {
        let earlier = try date("2023-05-22")
        try await put(earlier, "tick-data-vm-0", 9, "earlier day\n")
        try await put(day, "tick-data-vm-0", 2, "second\n")
        try await put(day, "tick-data-vm-0", 10, "tenth\n")
        try await put(day, "tick-data-vm-01", 99, "somebody else\n")
        let room = Room([])
        let last = try await events(room, .init(vm: "tick-data-vm-0", date: day))
        #expect(
            last == [.source("gs://market-data-tick/_runs/2023-05-23/logs/tick-data-vm-0.10.log"), .text("tenth\n")]
        )
        #expect(try await events(room, .init(vm: "tick-data-vm-0", date: day, attempt: 2)).last == .text("second\n"))
        #expect(try await events(nil, .init(vm: "tick-data-vm-0", date: earlier)).last == .text("earlier day\n"))
        #expect(try await events(room, .init(vm: "tick-data-vm-0", follows: true)).count == 2)
    }

    @Test func aLogThatIsNowhereIsSaid() async throws {
        await #expect(throws: MissingLog.self) { try await events(Room([]), .init(vm: "tick-data-vm-7")) }
        do {
            _ = try await events(nil, .init(vm: "tick-data-vm-7"))
        } catch let error as MissingLog {
            #expect(
                error.description.hasPrefix(
                    "there is no log of tick-data-vm-7 in gs://market-data-tick; VMs are left out"
                )
            )
            #expect(error.exitStatus == .incomplete)
        }
    }

    @Test("escape sequences are taken out, also those that are cut in two")
    func plainText() {
        var filter = PlainText()
        #expect(filter.clean("a\u{1B}[1;3") == "a")
        #expect(filter.clean("1mb\u{1B}") == "b")
        #expect(filter.clean("]0;title\u{07}c\td\r\n\u{08}é") == "c\td\né")
    }
}

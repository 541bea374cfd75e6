import Common
import Console
import Glibc
import Synchronization
import Testing

@testable import Fleet

/// Shards by processes; the processes are shells.
@Suite struct LocalFleetTests {
    private let log = MemorySink()
    private let screen = MemorySink()
    private let temporary = TemporaryFolder()
    private var folder: String { temporary.path }

    private func download(_ script: String, shards: Int, processes: Int = 2) async -> [LocalFleet.Ending] {
        let progress = ProgressReporter(
            title: "local",
            mode: .json,
            sink: screen,
            terminal: Terminal(),
            color: false,
            now: { .zero }
        )
        let fleet = LocalFleet(
            program: "/bin/sh",
            arguments: { ["-c", script, "sh", "\($0)"] },
            environment: ["KEY": "planted", "DIR": folder, "PATH": "/usr/bin:/bin"],
            processes: processes
        )
        return await fleet.download(
            Array(0..<shards),
            progress: progress,
            logger: Logger(level: .info, format: .plain, sink: log, now: { 0 }),
            hooks: ExitHooks()
        )
    }

    @Test func eachShardIsBroughtOnce() async throws {
        let endings = await download(
            "echo x >> $DIR/$1; echo '{\"event\":\"done\",\"task\":\"file'$1'\",\"bytes\":5}' >&2",
            shards: 5
        )
        #expect(endings.map(\.shard) == [0, 1, 2, 3, 4])
        #expect(endings.allSatisfy { $0.isSettled && $0.attempts == 1 && $0.reason == nil })
        for shard in 0..<5 {
            #expect(try text("\(folder)/\(shard)") == "x\n")
            #expect(screen.text.contains(#"{"event":"done","task":"file\#(shard)","bytes":5"#))
        }
    }

    @Test func theKeyIsInTheEnvironmentAndNotInArguments() async throws {
        let endings = await download("echo $KEY > $DIR/key; tr '\\0' ' ' < /proc/$$/cmdline > $DIR/line", shards: 1)
        #expect(endings.first?.status == 0)
        #expect(try text("\(folder)/key") == "planted\n")
        #expect(try !text("\(folder)/line").contains("planted"))
    }

    @Test func whatIsOpenHereIsNotOpenThere() async throws {
        let open = open("/dev/null", O_RDONLY)
        defer { close(open) }
        _ = await download("ls /proc/self/fd > $DIR/descriptors", shards: 1)
        // The last one is the folder that is listed.
        #expect(try text("\(folder)/descriptors") == "0\n1\n2\n3\n")
    }

    @Test func aShardThatFailsIsTriedAgainAndStopsNoOther() async {
        // Shard 1 comes with the third try, shard 2 never.
        let script = """
            echo x >> $DIR/$1; n=$(wc -l < $DIR/$1)
            case $1 in
            1) [ $n -ge 3 ] || { echo '{"event":"failed","task":"a","reason":"broken pipe"}' >&2; exit 5; };;
            2) echo '{"severity":"ERROR","message":"no such bucket"}' >&2; exit 1;;
            esac
            """
        let endings = await download(script, shards: 4)
        #expect(endings.map(\.attempts) == [1, 3, 3, 1])
        #expect(endings.map(\.status) == [0, 0, 1, 0])
        #expect(endings[2].reason == "no such bucket")
        #expect(log.text.contains("reason=\"a: broken pipe\""))
    }

    @Test(arguments: [2, 4]) func wrongSettingsAreNotTriedAgain(status: Int) async {
        let endings = await download("exit \(status)", shards: 1)
        #expect(endings.map(\.attempts) == [1])
        #expect(endings.first?.reason == "the process ended with status \(status)")
    }

    @Test func nothingToBeHadIsNoFailure() async {
        #expect(await download("exit 7", shards: 1).first?.isSettled == true)
    }

    @Test func cancellingEndsAllProcesses() async throws {
        let script = """
            trap 'echo ended > $DIR/end$1; exit 143' TERM
            echo '{"severity":"INFO","message":"up"}' >&2
            while :; do sleep 0.05; done
            """
        let (lines, line) = AsyncStream.makeStream(of: String.self)
        let fleet = LocalFleet(
            program: "/bin/sh",
            arguments: { ["-c", script, "sh", "\($0)"] },
            environment: ["DIR": folder, "PATH": "/usr/bin:/bin"],
            processes: 2
        )
        let progress = quietProgress()
        let logger = Logger(level: .info, format: .plain, sink: ForwardingSink { line.yield($0) }, now: { 0 })
        let work = Task { await fleet.download([0, 1, 2], progress: progress, logger: logger, hooks: ExitHooks()) }
        var ups = 0
        for await text in lines where text.contains("up") {
            ups += 1
            if ups == 2 { break }
        }
        work.cancel()
        let endings = await work.value
        #expect(endings.map(\.status) == [143, 143])
        #expect(try text("\(folder)/end0") == "ended\n")
        #expect(try text("\(folder)/end1") == "ended\n")
        #expect(access("\(folder)/end2", F_OK) != 0)
    }

    @Test func aMissingProgramIsTheShardsFailure() async throws {
        let fleet = LocalFleet(program: "/there/is/none", arguments: { _ in [] }, environment: [:], processes: 1)
        let progress = quietProgress()
        let logger = Logger(level: .error, format: .plain, sink: log, now: { 0 })
        let endings = await fleet.download([0], progress: progress, logger: logger, hooks: ExitHooks())
        let reason = "cannot run /there/is/none: No such file or directory"
        #expect(endings == [LocalFleet.Ending(shard: 0, attempts: 3, status: 127, reason: reason)])
    }

    private func quietProgress() -> ProgressReporter {
        ProgressReporter(
            title: "",
            mode: .quiet,
            sink: screen,
            terminal: Terminal(),
            color: false,
            now: { .zero }
        )
    }

    private func text(_ path: String) throws -> String { try FileAccess.system.text(path) }
}

/// Hands each text on.
private final class ForwardingSink: TextSink {
    private let take: @Sendable (String) -> Void

    init(_ take: @escaping @Sendable (String) -> Void) { self.take = take }

    var failure: Int32? { nil }

    func writeVerbatim(_ text: String) { take(text) }
}

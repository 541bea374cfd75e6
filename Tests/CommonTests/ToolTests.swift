import Host
import FleetModel
import Common
import Console
import Testing
import Text
import Transport

struct ToolTests {
    private let command = CommandSpec(name: "tool", summary: "do things", options: [StandardOptions.yes])

    struct Throttled: RetryClassified {
        let retryAdvice = RetryAdvice.backoff
    }

    private static let endings: [(any Error, ExitStatus)] = [
        (UsageError("x"), .usage), (Throttled(), .temporary),
        (FileError(operation: "read", path: "/x", code: 2), .failed),
        (TransportError(.stalled, operation: "GET x", detail: "y"), .temporary),
        (TransportError(.invalid, operation: "GET x", detail: "y"), .failed),
        (DocumentError(document: "the plan", reason: "x"), .integrity), (CancellationError(), .failed),
    ]

    @Test func errorsDecideTheStatusAndAreShownOnce() async {
        for (error, status) in Self.endings {
            let ended = await execute(command, ToolContext(clock: stillClock)) { _ in throw error }
            #expect(ended.status == status)
            #expect(ended.messages == "2023-05-24T01:02:03.000000Z error   \(error)\n")
            #expect(ended.output == "")
        }
    }

    @Test func theBodysStatusIsKept() async {
        let ended = await execute(command, ToolContext()) { run in
            run.print("data")
            return .partial
        }
        #expect(ended.status == .partial)
        #expect(ended.output == "data\n")
    }

    @Test(arguments: [(Int32(2), ExitStatus.interrupted), (15, .terminated)])
    func workEndedByASignalSaysSo(signal: Int32, status: ExitStatus) async {
        let signals = SignalWatcher()
        let thrown = await execute(command, ToolContext(), signals: signals) { run in
            run.signals.receive(signal) { _ in }
            throw CancellationError()
        }
        #expect(thrown.status == status)
        #expect(thrown.messages.contains(signal == 2 ? "stopped by SIGINT" : "stopped by SIGTERM"))
        let partial = await execute(command, ToolContext(), signals: signals) { _ in .partial }
        #expect(partial.status == status)
        let done = await execute(command, ToolContext(), signals: signals) { _ in .done }
        #expect(done.status == .done)
    }

    @Test func exitHooksRunOnceLastFirst() async {
        let context = ToolContext()
        let sink = MemorySink()
        context.exitHooks.add { sink.write("first") }
        context.exitHooks.add { sink.write("second ") }
        _ = await execute(command, context) { _ in .done }
        #expect(sink.text == "second first")
    }

    @Test(
        arguments: [
            ([], [:], false, true, true), (["-v"], [:], true, true, true), (["-q"], [:], false, false, true),
            ([], ["LOG_LEVEL": "WARNING"], false, false, true), ([], ["LOG_LEVEL": "debug"], true, true, true),
            (["-q"], ["LOG_LEVEL": "DEBUG"], false, false, true),
        ] as [([String], [String: String], Bool, Bool, Bool)]
    )
    func levelsFollowFlagsAndEnvironment(
        arguments: [String],
        environment: [String: String],
        debug: Bool,
        info: Bool,
        warning: Bool
    ) async {
        let context = ToolContext(arguments: arguments, environment: environment)
        let ended = await execute(command, context) { run in
            run.logger.debug("one")
            run.logger.info("two")
            run.logger.warning("three")
            return .done
        }
        #expect(["one", "two", "three"].map { ended.messages.contains($0) } == [debug, info, warning])
    }

    @Test func unknownLogLevelsAreRefused() async {
        let ended = await execute(command, ToolContext(environment: ["LOG_LEVEL": "LOUD"])) { _ in .done }
        #expect(ended.status == .usage)
        #expect(ended.messages.contains("log level LOUD is not one of DEBUG, INFO, WARNING, ERROR; see tool --help"))
    }

    @Test func messagesAreJSONLinesWhenAskedFor() async throws {
        let context = ToolContext(environment: ["LOG_FORMAT": "json"], clock: stillClock)
        let ended = await execute(command, context) { _ in throw UsageError("it \"broke\"") }
        let line = try JSONValue(parsing: ended.messages)
        #expect(line["severity"] == "ERROR")
        #expect(line["message"] == "it \"broke\"")
        #expect(line["timestamp"] == "2023-05-24T01:02:03.000000Z")
    }

    @Test func helpAndVersionGoToStdout() async {
        let version = await execute(command, ToolContext(arguments: ["--version"])) { _ in .failed }
        #expect(version.status == .done)
        #expect(version.output == "tool \(BuildInfo.version)\n")
        let wrong = await execute(command, ToolContext(arguments: ["--yse"])) { _ in .failed }
        #expect(wrong.status == .usage)
        #expect(wrong.output == "")
        #expect(wrong.messages.contains("unknown option --yse (did you mean --yes?); see tool --help"))
    }

    @Test(arguments: [("y", true), ("YES", true), ("n", false), ("", false), (nil, false)] as [(String?, Bool)])
    func questionsWantAYes(answer: String?, result: Bool) async {
        let screen = Terminal(stdinIsTerminal: true, stderrIsTerminal: true)
        let context = ToolContext(terminal: screen, readLine: { answer })
        let ended = await execute(command, context) { run in
            let isConfirmed = try run.confirm("Delete it?", isYes: false)
            #expect(isConfirmed == result)
            return .done
        }
        #expect(ended.messages == "Delete it? [y/N] ")
    }

    @Test func questionsNeedATerminalOrYes() async {
        let asked = await execute(command, ToolContext()) { run in
            _ = try run.confirm("Delete it?", isYes: run.arguments.flag("yes"))
            return .done
        }
        #expect(asked.status == .usage)
        #expect(asked.messages.contains("give --yes"))
        let told = await execute(command, ToolContext(arguments: ["-y"])) { run in
            try run.confirm("Delete it?", isYes: run.arguments.flag("yes")) ? .done : .failed
        }
        #expect(told.status == .done)
    }

    @Test func aResultThatCannotBeWrittenIsAFailure() async {
        struct Full: TextSink {
            let failure: Int32?
            func writeVerbatim(_ text: String) {}
        }
        for (code, status) in [(Int32(28), ExitStatus.failed), (32, .done)] {
            var context = ToolContext()
            context.output = Full(failure: code)
            #expect(await Tool(command) { _ in .done }.run(in: context) == status)
        }
    }

    /// As text it would be another file's name, with U+FFFD in place of the bytes.
    @Test func anArgumentThatIsNotUTF8IsWrongUse() async {
        var context = ToolContext(arguments: ["convert", "caf\u{FFFD}.csv"], clock: stillClock)
        context.malformedArgument = 2
        let ended = await execute(command, context) { _ in .done }
        #expect(ended.status == .usage)
        #expect(ended.messages.contains("argument 2, caf\u{FFFD}.csv, is not UTF-8"))
    }

    @Test func progressAndLogShareStderr() async throws {
        let command = CommandSpec(name: "tool", summary: "do things", options: [StandardOptions.progress])
        let body: Tool.Body = { run in
            let progress = run.startProgress("work")
            progress.start("a")
            progress.finish("a")
            run.logger.info("half way")
            return .done
        }
        let plain = await execute(command, ToolContext(clock: stillClock), body)
        #expect(
            plain.messages == """
                done: a (0.0s)
                2023-05-24T01:02:03.000000Z info    half way
                work, 1/1 files, 0 B/s, 0 B, 0.0s

                """
        )
        let lines = await execute(command, ToolContext(environment: ["LOG_FORMAT": "json"], clock: stillClock), body)
        let events = try lines.messages.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
        #expect(events.map { $0["event"]?.string ?? $0["message"]?.string } == ["done", "half way", "progress"])
        let quiet = await execute(command, ToolContext(arguments: ["--quiet"]), body)
        #expect(quiet.messages == "")
        let asked = await execute(command, ToolContext(arguments: ["--progress=quiet"], clock: stillClock), body)
        #expect(asked.messages == "2023-05-24T01:02:03.000000Z info    half way\n")
    }
}

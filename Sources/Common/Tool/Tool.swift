import Transport
import FleetModel
public import Console
import Dispatch
import Glibc

/// A program of the kit: its command line, and what it does.
public struct Tool: Sendable {
    /// The returned status, or the thrown error, is how the program ends.
    public typealias Body = @Sendable (ToolRun) async throws -> ExitStatus

    /// What it is called by.
    public var name: String { command.name }
    private let command: CommandSpec
    private let body: Body

    public init(_ command: CommandSpec, _ body: @escaping Body) {
        self.command = command
        self.body = body
    }

    /// Runs it in this process and ends the process: the only place that calls `exit`. SIGINT and SIGTERM cancel the body's task,
    /// a second SIGINT ends at once. The first `words` of the command line are what it is called by.
    public func main(words: Int = 1) async -> Never {
        // A reader that goes away is noticed by the write instead.
        signal(SIGPIPE, SIG_IGN)
        let context = ToolContext.live(words: words)
        let signals = SignalWatcher()
        let work = Task { await run(in: context, signals: signals) }
        signals.start { action in
            switch action {
            case .cancel(let status):
                work.cancel()
                // Whatever hangs: who told the tool to end gets it within five seconds.
                DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(4500)) {
                    context.exitHooks.run()
                    _exit(status.rawValue)
                }
            case .exitNow(let status):
                context.exitHooks.run()
                // Not `exit`: other threads are inside libcurl and OpenSSL, whose exit handlers would pull them away.
                _exit(status.rawValue)
            case .ignore: break
            }
        }
        let status = await work.value
        signals.stop()
        exit(status.rawValue)
    }

    /// Runs it in a given world and returns how it ended; also for tests.
    public func run(in context: ToolContext, signals: SignalWatcher = SignalWatcher()) async -> ExitStatus {
        let messages = RedirectableSink(context.messages)
        defer { context.exitHooks.run() }
        var logger = Logger(
            level: .info,
            format: Self.logFormat(context, color: context.terminal.colorsMessages(.auto)),
            sink: messages,
            now: context.clock.epochMicroseconds
        )
        do {
            try Self.refuseMalformedArgument(context)
            let width = context.terminal.outputWidth ?? 80
            let parser = CommandParser(command, version: BuildInfo.version)
            if let text = try parser.text(context.arguments, width: width) {
                context.output.write(text)
                return Self.outputStatus(.done, context, logger)
            }
            let sources = try SettingsSources(context, command: command)
            switch try parser.parse(context.arguments, layers: sources.layers, width: width) {
            case .show(let text):
                context.output.write(text)
                return Self.outputStatus(.done, context, logger)
            case .run(let arguments):
                let choice = arguments.string("color").flatMap(ColorChoice.init) ?? .auto
                let colorsMessages = context.terminal.colorsMessages(choice)
                let format = Self.logFormat(context, color: colorsMessages)
                logger = Logger(
                    level: try Self.logLevel(arguments),
                    format: format,
                    sink: messages,
                    now: context.clock.epochMicroseconds
                )
                let run = ToolRun(
                    context: context,
                    arguments: arguments,
                    logger: logger,
                    signals: signals,
                    colorsOutput: context.terminal.colorsOutput(choice),
                    colorsMessages: colorsMessages,
                    messages: messages,
                    logFormat: format
                )
                for warning in sources.warnings { logger.warning(warning) }
                run.noteLyingFiles()
                let status = try await body(run)
                context.exitHooks.run()
                // Work that ended well in spite of a signal is done; anything else ended because of it.
                if status != .done, let signal = signals.received { return ExitStatus(signal: signal) }
                return Self.outputStatus(status, context, logger)
            }
        } catch {
            context.exitHooks.run()
            if let signal = signals.received {
                logger.warning(signal == SIGINT ? "stopped by SIGINT" : "stopped by SIGTERM")
                return ExitStatus(signal: signal)
            }
            logger.error("\(error)")
            return exitStatus(of: error)
        }
    }

    /// A path that is not UTF-8 would be changed on its way, and lead to another file.
    private static func refuseMalformedArgument(_ context: ToolContext) throws(UsageError) {
        guard let number = context.malformedArgument else { return }
        let shown = context.arguments.indices.contains(number - 1) ? ", \(context.arguments[number - 1])," : ""
        throw UsageError(
            "argument \(number)\(shown) is not UTF-8: use a file name that is, such as that of a link to the file"
        )
    }

    /// A result that could not be written is a failure, unless the reader has seen enough and left.
    private static func outputStatus(_ status: ExitStatus, _ context: ToolContext, _ logger: Logger) -> ExitStatus {
        guard status == .done, let code = context.output.failure, code != EPIPE else { return status }
        logger.error("cannot write the result to stdout: \(String(cString: strerror(code)))")
        return .failed
    }

    private static func logLevel(_ arguments: ParsedArguments) throws -> LogLevel {
        if arguments.flag("verbose") { return .debug }
        if arguments.flag("quiet") { return .warning }
        let option = SharedOptions.logLevel.name
        let asked = arguments.has(option) ? arguments.string(option) : nil
        guard let name = asked ?? arguments.variable("LOG_LEVEL")?.values.last else { return .info }
        guard let level = LogLevel(name: name) else {
            // A file may be another tool's, with a variable of the same name.
            let found = asked == nil ? arguments.variable("LOG_LEVEL")?.origin : nil
            let origin = if case .file(let path)? = found { " (LOG_LEVEL in \(path))" } else { "" }
            throw arguments.error("log level \(name)\(origin) is not one of DEBUG, INFO, WARNING, ERROR")
        }
        return level
    }

    private static func logFormat(_ context: ToolContext, color: Bool) -> Logger.Format {
        if context.environment["LOG_FORMAT"]?.lowercased() == "json" { return .jsonLines }
        return context.terminal.stderrIsTerminal ? .terminal(color: color) : .plain
    }
}

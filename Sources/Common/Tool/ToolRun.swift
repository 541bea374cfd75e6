import Transport
public import Console
import Text

/// One run of a tool: the world, the checked command line, and where to log.
public struct ToolRun: Sendable {
    public let context: ToolContext
    public let arguments: ParsedArguments
    /// The log, at the level that the command line and `LOG_LEVEL` ask for.
    public let logger: Logger
    /// The signals; `received` tells why the task was cancelled.
    public let signals: SignalWatcher
    /// Whether results on stdout are coloured.
    public let colorsOutput: Bool
    /// Whether messages on stderr are coloured.
    public let colorsMessages: Bool
    let messages: RedirectableSink
    let logFormat: Logger.Format
    /// Whether the log is read by a program, so that nothing else may stand between its lines.
    public var logsJSON: Bool { logFormat == .jsonLines }

    /// Whether the option's value comes from a file of settings that nobody named and that does not belong to the program: one
    /// that merely lies in the current directory.
    func isFromLyingFile(_ option: String) -> Bool {
        guard case .file(let path)? = arguments.origin(option) else { return false }
        if arguments.has(SharedOptions.envFile.name),
            arguments.string(SharedOptions.envFile.name).map(context.absolute) == path
        {
            return false
        }
        return SettingsSources.isLying(path, context)
    }

    /// Says which settings that decide where data and key go, and what VMs run, come from such files.
    func noteLyingFiles() {
        let names = arguments.settings(named: SettingsSources.decisive).filter(isFromLyingFile)
        let files = Dictionary(grouping: names) { name -> String in
            if case .file(let path)? = arguments.origin(name) { path } else { "" }
        }
        for (path, names) in files.sorted(by: { $0.key < $1.key }) {
            logger.info(
                "settings of a file in the current directory are used",
                ["path": .string(path), "options": .string(names.joined(separator: ", "))]
            )
        }
    }

    /// Begins to show progress on stderr in the mode of `--progress`, or of `auto` where the tool has no such option; `--quiet`
    /// turns it off, and where the log is JSON lines `auto` is too. Log lines appear above it. Close it when the work ends; it
    /// is closed on every way out in any case.
    public func startProgress(_ title: String, unit: String = "files") -> ProgressReporter {
        let option = StandardOptions.progress.name
        let asked = arguments.has(option) ? arguments.string(option).flatMap(ProgressMode.init) : nil
        let automatic: ProgressMode = logsJSON ? .json : .auto
        let reporter = ProgressReporter(
            title: title,
            unit: unit,
            mode: arguments.flag("quiet") ? .quiet : asked.flatMap { $0 == .auto ? nil : $0 } ?? automatic,
            sink: context.messages,
            terminal: context.terminal,
            color: colorsMessages,
            now: context.clock.monotonic
        )
        messages.redirect(to: reporter)
        context.exitHooks.add { reporter.close() }
        reporter.begin()
        return reporter
    }

    /// Says that a request failed and is tried again after a pause.
    public func noteWait(_ reason: any Error, _ pause: Duration, level: LogLevel = .warning) {
        let seconds = (pause / .seconds(1) * 10).rounded() / 10
        logger.log(
            level,
            "waiting before another try",
            ["reason": .string("\(reason)"), "seconds": .double(seconds)]
        )
    }

    /// Writes a result to stdout; a line feed is added.
    public func print(_ text: String) {
        context.output.write(text + "\n")
    }

    /// Writes a sentence to stdout as one line, whatever it quotes: a line feed in text from elsewhere would begin a line that
    /// looks like ours.
    public func printLine(_ sentence: String) {
        print(printable(sentence))
    }

    /// Writes a table to stdout, cut to the screen if there is one.
    public func print(_ table: TextTable) {
        context.output.write(table.render(width: context.terminal.outputWidth, color: colorsOutput))
    }

    /// Asks a question that only "y" or "yes" answers well. `isYes` (`--yes`) answers it at once; without a terminal to ask
    /// on, the usage error names `--yes`.
    public func confirm(_ question: String, isYes: Bool) throws -> Bool {
        if isYes { return true }
        guard context.terminal.stdinIsTerminal, context.terminal.stderrIsTerminal else {
            throw arguments.error("there is no terminal to ask on; give --yes to do it without asking")
        }
        messages.write("\(printable(question)) [y/N] ")
        let answer = context.readLine()?.lowercased() ?? ""
        return answer == "y" || answer == "yes"
    }
}

import Glibc

/// Columns and rows of a screen.
public struct TerminalSize: Sendable, Equatable {
    public var columns: Int
    public var rows: Int

    public init(columns: Int, rows: Int) {
        self.columns = columns
        self.rows = rows
    }
}

public enum ColorChoice: String, Sendable, CaseIterable {
    /// On a terminal that can, unless `NO_COLOR` is set.
    case auto
    case always
    case never
}

/// What is known about the process's standard streams, as data.
public struct Terminal: Sendable {
    /// Whether a person can answer questions.
    public var stdinIsTerminal: Bool
    /// Whether results go to a screen.
    public var stdoutIsTerminal: Bool
    /// Whether messages go to a screen.
    public var stderrIsTerminal: Bool
    /// Whether the environment allows colour and cursor movement: `NO_COLOR` unset, `TERM` not `dumb`.
    public var allowsColor: Bool
    /// Whether the cursor can be moved: `TERM` set and not `dumb`.
    public var movesCursor: Bool
    /// The size now; it may change while a tool runs.
    public var size: @Sendable () -> TerminalSize

    /// Streams as given, for tests; the defaults are no terminal at all.
    public init(
        stdinIsTerminal: Bool = false,
        stdoutIsTerminal: Bool = false,
        stderrIsTerminal: Bool = false,
        allowsColor: Bool = false,
        movesCursor: Bool = false,
        size: TerminalSize = TerminalSize(columns: 80, rows: 24)
    ) {
        self.stdinIsTerminal = stdinIsTerminal
        self.stdoutIsTerminal = stdoutIsTerminal
        self.stderrIsTerminal = stderrIsTerminal
        self.allowsColor = allowsColor
        self.movesCursor = movesCursor
        self.size = { size }
    }

    /// The streams of this process; `COLUMNS` and `LINES` stand in where no terminal tells its size.
    public static func current(environment: [String: String]) -> Terminal {
        var terminal = Terminal(
            stdinIsTerminal: isatty(STDIN_FILENO) == 1,
            stdoutIsTerminal: isatty(STDOUT_FILENO) == 1,
            stderrIsTerminal: isatty(STDERR_FILENO) == 1
        )
        let term = environment["TERM"] ?? ""
        terminal.movesCursor = !term.isEmpty && term != "dumb"
        terminal.allowsColor = terminal.movesCursor && environment["NO_COLOR"]?.isEmpty ?? true
        let fallback = TerminalSize(
            columns: environment["COLUMNS"].flatMap { Int($0) } ?? 80,
            rows: environment["LINES"].flatMap { Int($0) } ?? 24
        )
        terminal.size = { measured(STDERR_FILENO) ?? measured(STDOUT_FILENO) ?? fallback }
        return terminal
    }

    /// Whether results on stdout are coloured.
    public func colorsOutput(_ choice: ColorChoice) -> Bool {
        choice == .always || choice == .auto && stdoutIsTerminal && allowsColor
    }

    /// Whether messages on stderr are coloured.
    public func colorsMessages(_ choice: ColorChoice) -> Bool {
        choice == .always || choice == .auto && stderrIsTerminal && allowsColor
    }

    /// The width that tables on stdout must fit; nil when stdout is no terminal and nothing is to be cut.
    public var outputWidth: Int? {
        stdoutIsTerminal ? size().columns : nil
    }

    private static func measured(_ descriptor: Int32) -> TerminalSize? {
        var window = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 0, window.ws_row > 0 else {
            return nil
        }
        return TerminalSize(columns: Int(window.ws_col), rows: Int(window.ws_row))
    }
}

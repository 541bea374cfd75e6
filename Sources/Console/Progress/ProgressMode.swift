/// How work in progress is shown on stderr.
public enum ProgressMode: String, Sendable, CaseIterable {
    /// `tty` on a terminal whose cursor can be moved, otherwise `plain`.
    case auto
    /// A live area that is redrawn.
    case tty
    /// A line for each finished task, and now and then a summary.
    case plain
    /// The same as JSON lines.
    case json
    case quiet

    /// What `auto` means on this terminal.
    public func resolved(on terminal: Terminal) -> ProgressMode {
        guard self == .auto else { return self }
        return terminal.stderrIsTerminal && terminal.movesCursor ? .tty : .plain
    }
}

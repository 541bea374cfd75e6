import Transport
import FleetModel
import Common
import Console
import Text

/// Looks again and again: drawn in place on a terminal, otherwise one look below the other.
struct RefreshLoop {
    private let tool: ToolRun
    private let display: MonitorPrinter
    private let interval: Duration
    private let isLive: Bool

    init(_ tool: ToolRun, place: String, every interval: Duration) {
        self.tool = tool
        display = MonitorPrinter(tool, place: place)
        self.interval = interval
        let isTable = tool.arguments.string(StandardOptions.output.name) == "table"
        isLive = isTable && tool.context.terminal.stdoutIsTerminal && tool.context.terminal.movesCursor
    }

    /// Stays until q, a signal, or with `--exit-status` until nothing is on its way any more.
    func run(_ look: () async throws -> MonitorSnapshot) async throws -> ExitStatus {
        let asksStatus = tool.arguments.flag("exit-status")
        let keyboard = isLive && tool.context.terminal.stdinIsTerminal ? Keyboard(tool.context.exitHooks) : nil
        let screen = isLive ? LiveScreen(tool.context) : nil
        defer { screen?.close() }
        while true {
            let look = try await patient(look, screen)
            if let look {
                if let screen {
                    screen.draw(display.text(look), footer: footer(keyboard))
                } else {
                    display.print(look, mayBeFollowed: true)
                }
                let status = look.status ?? look.verdict.status
                if asksStatus, look.verdict != .working { return status }
                if try await isEnded(keyboard) { return asksStatus ? status : .done }
            } else if try await isEnded(keyboard) {
                return asksStatus ? .temporary : .done
            }
            if tool.context.output.failure != nil { return .done }
        }
    }

    /// A trouble that may pass does not end a watch.
    private func patient(_ look: () async throws -> MonitorSnapshot, _ screen: LiveScreen?) async throws
        -> MonitorSnapshot?
    {
        do {
            return try await look()
        } catch {
            try Task.checkCancellation()
            guard exitStatus(of: error) == .temporary else { throw error }
            if let screen {
                screen.draw(nil, footer: "cannot look now: \(error)")
            } else {
                tool.logger.warning("cannot look now", ["reason": .string("\(error)")])
            }
            return nil
        }
    }

    private func footer(_ keyboard: Keyboard?) -> String {
        "every \(Format.duration(interval))" + (keyboard == nil ? "" : ", q ends")
    }

    /// Waits for the next look; true when q was pressed.
    private func isEnded(_ keyboard: Keyboard?) async throws -> Bool {
        guard let keyboard else {
            try await tool.context.clock.sleep(interval)
            return false
        }
        let clock = tool.context.clock
        let end = clock.monotonic() + interval
        while clock.monotonic() < end {
            if let key = keyboard.pressed() { return key == UInt8(ascii: "q") || key == UInt8(ascii: "Q") }
            try await clock.sleep(Keyboard.interval)
        }
        return false
    }
}

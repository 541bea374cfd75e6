import Transport
import FleetModel
import Common
import Console
import GoogleCloud

/// A small generator whose seed a failing test prints.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// The kit's, not the one of exit tests.
typealias ExitStatus = Console.ExitStatus

/// The project's folder, from this file's place in it.
let projectFolder = #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined()

/// A date that tests know to exist.
func date(_ text: String) throws -> CalendarDate {
    guard let date = CalendarDate(text) else { throw UsageError("bad test date \(text)") }
    return date
}

/// What a tool run in memory left behind.
struct Ended {
    let status: ExitStatus
    let output: String
    let messages: String
}

/// Runs a tool in memory.
func execute(
    _ command: CommandSpec,
    _ context: ToolContext,
    signals: SignalWatcher = SignalWatcher(),
    _ body: @escaping Tool.Body
) async -> Ended {
    var context = context
    let (output, messages) = (MemorySink(), MemorySink())
    context.output = output
    context.messages = messages
    let status = await Tool(command, body).run(in: context, signals: signals)
    return Ended(status: status, output: output.text, messages: messages.text)
}

/// A clock that stands still at 2023-05-24T01:02:03Z.
let stillClock = ToolClock(
    epochMicroseconds: { 1_684_890_123_000_000 },
    monotonic: { .zero },
    sleep: { _ in }
)

/// What a tool does about signals, as a value: the first one ends the work in order, a second SIGINT ends the process.
public struct SignalPolicy: Sendable {
    /// What to do about a signal.
    public enum Action: Sendable, Equatable {
        /// Cancel the work; it ends in order and the process with this status.
        case cancel(ExitStatus)
        /// End the process now.
        case exitNow(ExitStatus)
        /// Nothing: the end is under way.
        case ignore
    }

    /// The first signal received; nil before there is one.
    public private(set) var first: Int32?

    /// A policy that has seen no signal.
    public init() {}

    /// Takes SIGINT or SIGTERM. Only a person repeats a signal because they are impatient; a platform repeats SIGTERM anyway.
    public mutating func receive(_ signal: Int32) -> Action {
        guard first != nil else {
            first = signal
            return .cancel(ExitStatus(signal: signal))
        }
        return signal == 2 ? .exitNow(.interrupted) : .ignore
    }
}

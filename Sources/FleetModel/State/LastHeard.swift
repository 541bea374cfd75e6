/// When workers were heard about any date, as far as dates were read.
public struct LastHeard: Sendable {
    /// Microseconds since 1970, by the workers' names.
    let times: [String: Int64]
    /// Whether all dates of the workers were read, so that one that is not there was never heard.
    let isComplete: Bool

    /// Nothing is known of other dates.
    public init() {
        times = [:]
        isComplete = false
    }

    public init(_ heartbeats: some Sequence<Heartbeat>, isComplete: Bool) {
        times = Dictionary(heartbeats.map { ($0.vm, $0.updated) }, uniquingKeysWith: max)
        self.isComplete = isComplete
    }
}

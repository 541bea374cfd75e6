import Synchronization
import Transport

/// The time by the services' clocks, told by the dates of their answers: what a bucket says of times is compared with it, as this
/// machine's clock may be wrong by an hour.
public final class ServerClock: Sendable {
    private let local: @Sendable () -> Int64
    /// How far the services are ahead, in microseconds.
    private let lead = Mutex<Int64>(0)

    /// Dates have whole seconds, and answers take a while.
    private static let tolerance: Int64 = 30_000_000

    /// `local` in microseconds since 1970.
    init(_ local: @escaping @Sendable () -> Int64) {
        self.local = local
    }

    /// Microseconds since 1970.
    public func epochMicroseconds() -> Int64 { local() + lead.withLock { $0 } }

    fileprivate func note(date: String) {
        guard let seconds = secondsSince1970(ofHTTPDate: date), (0...253_402_300_799).contains(seconds) else { return }
        let found = seconds * 1_000_000 - local()
        lead.withLock { $0 = abs(found) > Self.tolerance ? found : 0 }
    }
}

/// A transport that lets the clock see the dates of answers.
struct ClockedTransport: HTTPTransport {
    let base: any HTTPTransport
    let clock: ServerClock

    func download(_ request: HTTPRequest) async throws -> HTTPDownload {
        let download = try await base.download(request)
        if let date = download.head.headers["date"] { clock.note(date: date) }
        return download
    }
}

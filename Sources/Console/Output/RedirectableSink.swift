import Synchronization

/// A sink whose target can be changed, so that messages pass through the progress display while there is one.
public final class RedirectableSink: TextSink {
    private let target: Mutex<any TextSink>

    /// A sink that writes to `target` for now.
    public init(_ target: any TextSink) {
        self.target = Mutex(target)
    }

    /// Sends what is written from now on to another sink.
    public func redirect(to sink: any TextSink) {
        target.withLock { $0 = sink }
    }

    /// Writes to the present target.
    public func writeVerbatim(_ text: String) {
        target.withLock { $0 }.writeVerbatim(text)
    }

    public var failure: Int32? { target.withLock { $0 }.failure }
}

import Glibc
import Synchronization
import Text

/// Where text goes: a descriptor, or memory in tests. Whatever the text holds, `write` lets nothing through that a terminal
/// would act on; so no caller has to know which part of a line came from a server, a file or a bucket.
public protocol TextSink: Sendable {
    /// Writes all of the text as it is, or remembers why it cannot; never throws and never ends the process. For those who
    /// move the cursor: what they have from elsewhere must be `printable` or `printableLines`. All others use `write`.
    func writeVerbatim(_ text: String)

    /// The `errno` of the first write that failed; EPIPE means that the reader went away.
    var failure: Int32? { get }
}

extension TextSink {
    /// Writes all of the text, made safe by `printableLines`.
    public func write(_ text: String) { writeVerbatim(printableLines(text)) }
}

/// A sink on an open file descriptor, unbuffered; writers do not mix within one call. It does not close the descriptor.
public final class DescriptorSink: TextSink {
    public static let standardOutput = DescriptorSink(STDOUT_FILENO)
    public static let standardError = DescriptorSink(STDERR_FILENO)

    private let descriptor: Int32
    private let firstFailure = Mutex<Int32?>(nil)

    /// A sink on the descriptor. SIGPIPE must be ignored in the process for a closed pipe to be noticed.
    public init(_ descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// The `errno` of the first write that failed.
    public var failure: Int32? { firstFailure.withLock { $0 } }

    /// Writes all of the text; after a failure, text is dropped.
    public func writeVerbatim(_ text: String) {
        var text = text
        firstFailure.withLock { failure in
            guard failure == nil else { return }
            text.withUTF8 { failure = writeAll(UnsafeRawBufferPointer($0)) }
        }
    }

    private func writeAll(_ bytes: UnsafeRawBufferPointer) -> Int32? {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if count >= 0 {
                rest = rest.dropFirst(count)
                continue
            }
            switch errno {
            case EINTR: continue
            case EAGAIN:
                // A descriptor shared with a program that made it non-blocking.
                var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&wait, 1, -1)
            case let other: return other
            }
        }
        return nil
    }
}

/// A sink that keeps what was written.
public final class MemorySink: TextSink {
    private let content = Mutex("")

    public init() {}

    public var text: String { content.withLock { $0 } }

    /// Always nil.
    public var failure: Int32? { nil }

    public func writeVerbatim(_ text: String) {
        content.withLock { $0 += text }
    }
}

import CShims
import Glibc
import Synchronization

/// A pipe, closed with the last reference to it; programs that are started meanwhile do not inherit it.
public final class Pipe: Sendable {
    public let reading: Int32
    private let writer: Mutex<Int32?>

    public init() throws(ProcessError) {
        var ends: [Int32] = [-1, -1]
        guard tick_pipe(&ends) == 0 else {
            throw ProcessError("a program", "no pipe: \(String(cString: strerror(errno)))")
        }
        reading = ends[0]
        writer = Mutex(ends[1])
    }

    /// The end to write to; nil when it is closed.
    public var writing: Int32? { writer.withLock { $0 } }

    /// Closes the end to write to, so that a reader meets the end when nobody else has it.
    public func closeWriting() {
        writer.withLock { end in
            if let open = end { close(open) }
            end = nil
        }
    }

    /// Hands over what comes, until every end to write to is closed. Blocks.
    public func read(_ take: (ArraySlice<UInt8>) -> Void) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(reading, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            take(buffer[..<count])
        }
    }

    deinit {
        closeWriting()
        close(reading)
    }
}

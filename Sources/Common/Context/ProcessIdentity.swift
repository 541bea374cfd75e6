public import FleetModel
import Glibc

/// Which process this is, and whether another one still runs.
public struct ProcessIdentity: Sendable {
    public var own: Heartbeat.Process
    /// Whether a process runs; nil for one of another machine, and where that cannot be told.
    public var isRunning: @Sendable (Heartbeat.Process) -> Bool?

    public init(
        own: Heartbeat.Process = .init(host: "host", id: 1, began: 1),
        isRunning: @escaping @Sendable (Heartbeat.Process) -> Bool? = { _ in nil }
    ) {
        self.own = own
        self.isRunning = isRunning
    }

    /// This process, as the kernel knows it.
    static func live(_ files: FileAccess) -> ProcessIdentity {
        var name = [CChar](repeating: 0, count: 256)
        gethostname(&name, name.count - 1)
        let host = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let id = Int64(getpid())
        let own = Heartbeat.Process(host: host.isEmpty ? "unknown" : host, id: id, began: began(id, files) ?? 0)
        return ProcessIdentity(own: own) { other in
            guard other.host == own.host, own.began > 0 else { return nil }
            return began(other.id, files) == other.began
        }
    }

    /// Clock ticks from the machine's boot to the process's; nil when there is none, or it has ended and nobody has asked how.
    private static func began(_ id: Int64, _ files: FileAccess) -> Int64? {
        guard let bytes = try? files.read("/proc/\(id)/stat") else { return nil }
        // The name, in brackets, may have anything in it.
        let fields = String(decoding: bytes, as: UTF8.self).split(separator: ")").last?.split(separator: " ") ?? []
        return fields.count > 19 && fields[0] != "Z" && fields[0] != "X" ? Int64(fields[19]) : nil
    }
}

public import Common
import GoogleCloud

/// One expected file of a date.
public struct FileReport: Sendable, Equatable {
    /// What became of it.
    public enum State: Sendable, Equatable {
        /// It is there and whole.
        case whole(ObjectMetadata)
        /// The source does not have it, as a heartbeat says.
        case absent
        /// Something stands under its name that is not it, for this reason.
        case bad(String)
        /// It is not there.
        case missing
    }

    /// The file.
    public let object: DataObject
    /// Its name.
    public let name: String
    /// What became of it.
    public internal(set) var state: State
    /// Bytes of what stands under the name; 0 when nothing does.
    public let size: Int64

    /// A file by what the listing has under its name.
    init(_ object: DataObject, _ name: String, _ info: ObjectInfo?) {
        self.object = object
        self.name = name
        size = info?.size ?? 0
        guard let info else {
            state = .missing
            return
        }
        switch Wholeness.judge(info, expected: object) {
        case .whole(let metadata): state = .whole(metadata)
        case .notWhole(let reason): state = .bad(reason)
        }
    }

    /// Whether it needs nothing more.
    public var isSettled: Bool {
        switch state {
        case .whole, .absent: true
        case .bad, .missing: false
        }
    }
}

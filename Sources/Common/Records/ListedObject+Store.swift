import Text
public import FleetModel
public import GoogleCloud
import Console

extension ListedObject {
    public init(_ info: ObjectInfo) {
        self.init(
            name: info.name,
            size: info.size,
            crc32c: info.crc32c,
            written: CivilTime.epochMicroseconds(rfc3339: info.updated),
            metadata: info.metadata
        )
    }
}

extension ObjectState {
    /// Judges what a store has under the name of a file.
    public init(_ info: ObjectInfo?, expected: DataObject) {
        self.init(info.map { ListedObject($0) }, expected: expected)
    }
}

import Tardis

/// What became of one expected file.
public enum ObjectState: Sendable, Equatable {
    /// It is there and complete, with rows or, as its source has none, without; it says this about itself.
    case whole(ObjectMetadata)
    /// The source does not have it, as a catalogue proves.
    case absent(Absence)
    /// Another thing is under its name, for this reason.
    case damaged(String)
    case missing

    public var isSettled: Bool {
        switch self {
        case .whole, .absent: true
        case .damaged, .missing: false
        }
    }

    /// What an object says about itself; nil unless it is whole.
    public var metadata: ObjectMetadata? { if case .whole(let metadata) = self { metadata } else { nil } }

    /// Judges what a listing has under the name of a file; nil when it has nothing. Objects appear only whole (their size and
    /// checksum were checked by the write), so what remains is whether this one was written by the kit, has still the bytes that
    /// were written, has the present columns, and lies in its day. Never `absent`: that is told by a heartbeat.
    public init(_ listed: ListedObject?, expected: DataObject) {
        guard let listed else {
            self = .missing
            return
        }
        guard listed.name == expected.name else {
            self = .damaged("it is another object, \(listed.name)")
            return
        }
        guard listed.size >= Self.smallestFile else {
            self = .damaged("\(listed.size) bytes are too few for a Parquet file")
            return
        }
        guard let metadata = ObjectMetadata(listed.metadata) else {
            self = .damaged("its metadata is not that of a finished download")
            return
        }
        let trouble = Self.otherBytes(listed, metadata.content) ?? Self.otherData(metadata, expected)
        self = trouble.map(ObjectState.damaged) ?? .whole(metadata)
    }

    private static func otherBytes(_ listed: ListedObject, _ written: ObjectMetadata.Content) -> String? {
        guard listed.size == written.size else {
            return "it has \(listed.size) bytes, but \(written.size) were written"
        }
        // Where the listing tells no checksum, the size has to do; `ObjectStore.withChecksums` asks for it.
        guard let told = listed.crc32c, told != written.crc32c else { return nil }
        let (found, wanted) = (ChecksumText.encoded(told), ChecksumText.encoded(written.crc32c))
        return "its bytes are not those that were written: their CRC-32C is \(found), not \(wanted)"
    }

    private static func otherData(_ metadata: ObjectMetadata, _ expected: DataObject) -> String? {
        guard metadata.dataType == expected.dataType else { return "it holds \(metadata.dataType.rawValue)" }
        guard metadata.schema == ObjectMetadata.schemaVersion else {
            return "its columns are of schema \(metadata.schema), not \(ObjectMetadata.schemaVersion)"
        }
        if let first = metadata.firstTime, let last = metadata.lastTime {
            guard first <= last, first >= expected.date.startMicroseconds, last < expected.date.endMicroseconds else {
                return "its times are not within \(expected.date)"
            }
        }
        // Another object that was copied to this name has metadata that its bytes fit.
        guard metadata.source.path == expected.sourcePath else {
            return "it was made from \(metadata.source.path), not from \(expected.sourcePath)"
        }
        guard metadata.source.size > 0 else { return "its source is said to have \(metadata.source.size) bytes" }
        guard metadata.rows != 1 || metadata.firstTime == metadata.lastTime else {
            return "it says two times for one row"
        }
        return nil
    }

    /// `PAR1` at both ends and the footer's length.
    private static let smallestFile: Int64 = 12
}

extension DataObject {
    /// The path of Tardis's URL for the file.
    var sourcePath: String {
        Dataset(
            exchange: venue.tardisExchange,
            dataType: dataType.rawValue,
            year: date.year,
            month: date.month,
            day: date.day,
            symbol: symbol
        ).path
    }
}

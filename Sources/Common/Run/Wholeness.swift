public import GoogleCloud
import Tardis

/// Whether an object is what was expected, told from its description alone.
public enum Wholeness: Sendable, Equatable {
    /// It is, and says this about itself.
    case whole(ObjectMetadata)
    /// It is not, for this reason.
    case notWhole(String)

    /// Judges an object. Objects appear only whole (their size and checksum were checked by the write), so what remains is
    /// whether this one was written by the kit, has still the bytes that were written, has the present columns, and lies in
    /// its day.
    public static func judge(_ info: ObjectInfo, expected: DataObject) -> Wholeness {
        guard info.name == expected.name else { return .notWhole("it is another object, \(info.name)") }
        guard info.size >= smallestFile else { return .notWhole("\(info.size) bytes are too few for a Parquet file") }
        guard let metadata = ObjectMetadata(info.metadata) else {
            return .notWhole("its metadata is not that of a finished download")
        }
        let written = metadata.content
        guard info.size == written.size else {
            return .notWhole("it has \(info.size) bytes, but \(written.size) were written")
        }
        // Where the listing tells no checksum, the size has to do; `ObjectStore.withChecksums` asks for it.
        if let told = info.crc32c, told != written.crc32c {
            let (found, wanted) = (CRC32C.base64(told), CRC32C.base64(written.crc32c))
            return .notWhole("its bytes are not those that were written: their CRC-32C is \(found), not \(wanted)")
        }
        guard metadata.dataType == expected.dataType else {
            return .notWhole("it holds \(metadata.dataType.rawValue)")
        }
        guard metadata.schema == ObjectMetadata.schemaVersion else {
            return .notWhole("its columns are of schema \(metadata.schema), not \(ObjectMetadata.schemaVersion)")
        }
        if let first = metadata.firstTime, let last = metadata.lastTime {
            guard first <= last, first >= expected.date.startMicroseconds, last < expected.date.endMicroseconds else {
                return .notWhole("its times are not within \(expected.date)")
            }
        }
        // Another object that was copied to this name brings metadata that its bytes fit.
        let source = sourcePath(expected)
        guard metadata.source.path == source else {
            return .notWhole("it was made from \(metadata.source.path), not from \(source)")
        }
        guard metadata.source.size > 0 else {
            return .notWhole("its source is said to have \(metadata.source.size) bytes")
        }
        if metadata.rows == 1, metadata.firstTime != metadata.lastTime {
            return .notWhole("it says two times for one row")
        }
        return .whole(metadata)
    }

    private static func sourcePath(_ object: DataObject) -> String {
        let date = object.date
        return Dataset(
            exchange: object.venue.tardisExchange,
            dataType: object.dataType.rawValue,
            year: date.year,
            month: date.month,
            day: date.day,
            symbol: object.symbol
        ).path
    }

    /// `PAR1` at both ends and the footer's length.
    private static let smallestFile: Int64 = 12
}

/// Whether the object is the expected one, whole.
public func isWhole(_ info: ObjectInfo, expected: DataObject) -> Bool {
    if case .whole = Wholeness.judge(info, expected: expected) { true } else { false }
}

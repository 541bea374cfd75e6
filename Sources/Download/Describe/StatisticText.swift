import FleetModel
import Console
import Parquet
import Text

/// The bounds of a chunk as people and JSON read them.
enum StatisticText {
    static func text(_ bytes: [UInt8]?, _ field: Field) -> String? {
        guard let bytes else { return nil }
        switch (field.physicalType, field.logicalType) {
        case (.int64, .timestampMicrosUTC):
            return word(bytes).map { CivilTime.rfc3339(epochMicroseconds: Int64(bitPattern: $0)) }
        case (.int64, _): return word(bytes).map { "\(Int64(bitPattern: $0))" }
        case (.double, _): return word(bytes).map { "\(Double(bitPattern: $0))" }
        case (.boolean, _): return bytes.first.map { $0 == 0 ? "false" : "true" }
        case (.byteArray, _): return String(decoding: bytes, as: UTF8.self)
        default: return nil
        }
    }

    private static func word(_ bytes: [UInt8]) -> UInt64? {
        guard bytes.count == 8 else { return nil }
        return bytes.enumerated().reduce(0) { $0 | UInt64($1.element) << UInt64(8 * $1.offset) }
    }
}

extension Field {
    /// The type in a person's words.
    var typeName: String {
        switch (physicalType, logicalType) {
        case (_, .timestampMicrosUTC): "timestamp[us, UTC]"
        case (.byteArray, .string): "string"
        default: "\(physicalType)"
        }
    }
}

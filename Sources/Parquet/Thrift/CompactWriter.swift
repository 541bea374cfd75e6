/// Writes Apache Thrift's compact protocol, as far as Parquet's structures need it.
struct CompactWriter {
    private(set) var bytes: [UInt8] = []
    private var lastField: Int16 = 0
    private var outerFields: [Int16] = []

    mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    private mutating func zigzag(_ value: Int64) {
        varint(UInt64(bitPattern: (value << 1) ^ (value >> 63)))
    }

    private mutating func header(_ id: some RawRepresentable<Int16>, _ type: WireType) {
        let id = id.rawValue
        let delta = id - lastField
        if delta > 0, delta <= 15 {
            bytes.append(UInt8(delta) << 4 | type.rawValue)
        } else {
            bytes.append(type.rawValue)
            zigzag(Int64(id))
        }
        lastField = id
    }

    mutating func int32(_ id: some RawRepresentable<Int16>, _ value: Int32) {
        header(id, .int32)
        zigzag(Int64(value))
    }

    mutating func int64(_ id: some RawRepresentable<Int16>, _ value: Int64) {
        header(id, .int64)
        zigzag(value)
    }

    mutating func int16(_ id: some RawRepresentable<Int16>, _ value: Int16) {
        header(id, .int16)
        zigzag(Int64(value))
    }

    mutating func boolean(_ id: some RawRepresentable<Int16>, _ value: Bool) {
        header(id, value ? .booleanTrue : .booleanFalse)
    }

    mutating func binary(_ id: some RawRepresentable<Int16>, _ value: [UInt8]) {
        header(id, .binary)
        element(value)
    }

    mutating func string(_ id: some RawRepresentable<Int16>, _ value: String) {
        binary(id, Array(value.utf8))
    }

    /// A nested structure as field `id`; `fill` writes its fields.
    mutating func structure(_ id: some RawRepresentable<Int16>, _ fill: (inout CompactWriter) -> Void) {
        header(id, .structure)
        nested(fill)
    }

    /// Begins a list of `count` elements as field `id`; the caller writes the elements.
    mutating func list(_ id: some RawRepresentable<Int16>, _ type: WireType, count: Int) {
        header(id, .list)
        if count < 15 {
            bytes.append(UInt8(count) << 4 | type.rawValue)
        } else {
            bytes.append(0xF0 | type.rawValue)
            varint(UInt64(count))
        }
    }

    /// A structure that is no field: a list element or the top level.
    mutating func nested(_ fill: (inout CompactWriter) -> Void) {
        outerFields.append(lastField)
        lastField = 0
        fill(&self)
        bytes.append(0)
        lastField = outerFields.removeLast()
    }

    mutating func element(_ value: [UInt8]) {
        varint(UInt64(value.count))
        bytes += value
    }

    mutating func element(_ value: Int32) {
        zigzag(Int64(value))
    }

    mutating func element(_ value: Int64) {
        zigzag(value)
    }

    mutating func element(_ value: Bool) {
        bytes.append(value ? 1 : 2)
    }
}

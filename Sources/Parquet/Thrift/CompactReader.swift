/// Reads Apache Thrift's compact protocol from bytes that may be anything: every length is checked against what is there, and
/// structures and list elements are counted, as one byte of either may become a hundred in memory.
struct CompactReader {
    private let bytes: ArraySlice<UInt8>
    private(set) var position: Int
    private var depth = 0
    private var elementsLeft: Int

    /// Parquet's own structures are never nested so deep: such a file is an attack or garbage.
    private static let deepest = 32

    init(_ bytes: ArraySlice<UInt8>, mostElements: Int = .max) {
        self.bytes = bytes
        elementsLeft = mostElements
        self.position = bytes.startIndex
    }

    /// What a field header announces.
    struct Field<ID> {
        let id: ID
        fileprivate let type: UInt8
    }

    private func malformed(_ what: String) -> ParquetError {
        ParquetError("the Thrift structure is damaged: \(what) at byte \(position - bytes.startIndex)")
    }

    private mutating func countElement() throws(ParquetError) {
        guard elementsLeft > 0 else { throw malformed("more structures than are read here") }
        elementsLeft -= 1
    }

    mutating func byte() throws(ParquetError) -> UInt8 {
        guard position < bytes.endIndex else { throw malformed("it ends early") }
        defer { position += 1 }
        return bytes[position]
    }

    mutating func varint() throws(ParquetError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while shift < 64 {
            let next = try byte()
            value |= UInt64(next & 0x7F) << shift
            if next < 0x80 { return value }
            shift += 7
        }
        throw malformed("a number is too long")
    }

    mutating func int64() throws(ParquetError) -> Int64 {
        let raw = try varint()
        return Int64(bitPattern: raw >> 1) ^ -Int64(bitPattern: raw & 1)
    }

    mutating func int32() throws(ParquetError) -> Int32 {
        guard let value = Int32(exactly: try int64()) else { throw malformed("a number is out of range") }
        return value
    }

    mutating func binary() throws(ParquetError) -> [UInt8] {
        let count = try varint()
        guard count <= UInt64(bytes.endIndex - position) else { throw malformed("a text is longer than the rest") }
        defer { position += Int(count) }
        return Array(bytes[position..<position + Int(count)])
    }

    mutating func string() throws(ParquetError) -> String {
        String(decoding: try binary(), as: UTF8.self)
    }

    /// Reads the fields of a structure. `take` reads the value and returns true, or leaves it and returns false; fields that
    /// `ID` does not name are skipped.
    mutating func structure<ID: RawRepresentable<Int16>>(
        _: ID.Type,
        _ take: (inout CompactReader, Field<ID>) throws(ParquetError) -> Bool
    ) throws(ParquetError) {
        try fields { (reader, field) throws(ParquetError) in
            guard let id = ID(rawValue: field.id) else { return false }
            return try take(&reader, Field(id: id, type: field.type))
        }
    }

    private mutating func fields(
        _ take: (inout CompactReader, Field<Int16>) throws(ParquetError) -> Bool
    ) throws(ParquetError) {
        depth += 1
        guard depth <= Self.deepest else { throw malformed("nested too deep") }
        defer { depth -= 1 }
        try countElement()
        var last: Int16 = 0
        while true {
            let head = try byte()
            if head == 0 { return }
            let delta = Int16(head >> 4)
            let id: Int16
            if delta == 0 {
                guard let long = Int16(exactly: try int64()) else { throw malformed("a field number is out of range") }
                id = long
            } else {
                id = last &+ delta
            }
            last = id
            let field = Field(id: id, type: head & 0x0F)
            if try !take(&self, field) { try skip(field.type) }
        }
    }

    /// Reads a list; `take` reads one element, of whose type it is told.
    mutating func list(
        _ take: (inout CompactReader, UInt8) throws(ParquetError) -> Void
    ) throws(ParquetError) {
        let head = try byte()
        var count = UInt64(head >> 4)
        if count == 15 { count = try varint() }
        guard count <= UInt64(bytes.endIndex - position) else { throw malformed("a list is longer than the rest") }
        for _ in 0..<count {
            try countElement()
            try take(&self, head & 0x0F)
        }
    }

    /// Reads a list into an array.
    mutating func array<Element>(
        _ take: (inout CompactReader) throws(ParquetError) -> Element
    ) throws(ParquetError) -> [Element] {
        var elements: [Element] = []
        try list { (reader, _) throws(ParquetError) in elements.append(try take(&reader)) }
        return elements
    }

    /// A boolean field's value sits in its type.
    func boolean<ID>(_ field: Field<ID>) -> Bool {
        field.type == WireType.booleanTrue.rawValue
    }

    private mutating func skip(_ type: UInt8) throws(ParquetError) {
        switch WireType(rawValue: type) {
        case .booleanTrue, .booleanFalse: return
        case .int8: _ = try byte()
        case .int16, .int32, .int64: _ = try varint()
        case .double:
            guard bytes.endIndex - position >= 8 else { throw malformed("it ends early") }
            position += 8
        case .binary: _ = try binary()
        case .list, .set:
            depth += 1
            guard depth <= Self.deepest else { throw malformed("nested too deep") }
            defer { depth -= 1 }
            try list { (reader, element) throws(ParquetError) in try reader.skipElement(element) }
        case .structure: try fields { (_, _) throws(ParquetError) in false }
        case nil: throw malformed("type \(type) is unknown")
        }
    }

    /// As an element, unlike as a field, a boolean has a byte of its own.
    private mutating func skipElement(_ type: UInt8) throws(ParquetError) {
        switch WireType(rawValue: type) {
        case .booleanTrue, .booleanFalse: _ = try byte()
        default: try skip(type)
        }
    }
}

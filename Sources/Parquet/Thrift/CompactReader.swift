/// Reads Apache Thrift's compact protocol from bytes that may be anything: every length is checked against what is there, and
/// structures and list elements are counted, as one byte of either may become a hundred in memory.
struct CompactReader {
    private let bytes: ArraySlice<UInt8>
    private(set) var position: Int
    private var depth = 0
    private var elementsLeft: Int

    /// A structure nested deeper than Parquet's own ever are is an attack or garbage.
    private static let deepest = 32

    init(_ bytes: ArraySlice<UInt8>, mostElements: Int = .max) {
        self.bytes = bytes
        elementsLeft = mostElements
        self.position = bytes.startIndex
    }

    /// What a field header announces.
    struct Field {
        let id: Int16
        let type: UInt8
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

    /// Reads the fields of a structure. `take` reads the value and answers true, or leaves it and answers false.
    mutating func structure(
        _ take: (inout CompactReader, Field) throws(ParquetError) -> Bool
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

    /// Reads a list; `take` reads one element.
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

    /// A boolean field's value sits in its type.
    func boolean(_ field: Field) -> Bool {
        field.type == CompactWriter.WireType.booleanTrue.rawValue
    }

    private mutating func skip(_ type: UInt8) throws(ParquetError) {
        switch type {
        case 1, 2: return
        case 3: _ = try byte()
        case 4, 5, 6: _ = try varint()
        case 7:
            guard bytes.endIndex - position >= 8 else { throw malformed("it ends early") }
            position += 8
        case 8: _ = try binary()
        case 9, 10:
            depth += 1
            guard depth <= Self.deepest else { throw malformed("nested too deep") }
            defer { depth -= 1 }
            try list { (reader, element) throws(ParquetError) in
                if element == 1 || element == 2 { _ = try reader.byte() } else { try reader.skip(element) }
            }
        case 12: try structure { (_, _) throws(ParquetError) in false }
        default: throw malformed("type \(type) is unknown")
        }
    }
}

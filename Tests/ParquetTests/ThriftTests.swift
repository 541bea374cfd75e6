import Testing

@testable import Parquet

struct ThriftTests {
    private enum Sample: Int16 {
        case first = 1
        case second = 2
        case fourth = 4
        case far = 20
        case integer = 40
        case yes = 41
        case no = 42
        case text = 44
    }

    /// What a newer version of the format might have.
    private enum Newer: Int16 {
        case structure = 43
    }

    @Test(arguments: [UInt64(0), 1, 127, 128, 16_383, 16_384, UInt64(Int64.max), .max])
    func varintsReadBack(value: UInt64) throws {
        var writer = CompactWriter()
        writer.varint(value)
        var reader = CompactReader(writer.bytes[...])
        #expect(try reader.varint() == value)
        #expect(reader.position == writer.bytes.count)
    }

    @Test(arguments: [Int64.min, -1, 0, 1, 63, 64, -64, -65, .max])
    func integersReadBackInStructures(value: Int64) throws {
        var writer = CompactWriter()
        writer.nested {
            $0.int64(Sample.first, value)
            $0.int32(Sample.integer, Int32(truncatingIfNeeded: value))
            $0.boolean(Sample.yes, true)
            $0.boolean(Sample.no, false)
            $0.structure(Newer.structure) { $0.int64(Sample.second, value) }
            $0.string(Sample.text, "naïve")
        }
        var seen: [String] = []
        var reader = CompactReader(writer.bytes[...])
        try reader.structure(Sample.self) { (reader, field) throws(ParquetError) in
            switch field.id {
            case .first: seen.append("1=\(try reader.int64())")
            case .integer: seen.append("40=\(try reader.int32())")
            case .yes, .no: seen.append("\(field.id.rawValue)=\(reader.boolean(field))")
            case .text: seen.append("44=\(try reader.string())")
            default: return false
            }
            return true
        }
        // Field 43 is unknown here and stepped over.
        #expect(seen == ["1=\(value)", "40=\(Int32(truncatingIfNeeded: value))", "41=true", "42=false", "44=naïve"])
    }

    @Test(arguments: [0, 1, 14, 15, 16, 200])
    func listsOfEveryLengthReadBack(count: Int) throws {
        var writer = CompactWriter()
        writer.nested { structure in
            structure.list(Sample.first, .int64, count: count)
            for i in 0..<count { structure.element(Int64(i)) }
        }
        var values: [Int64] = []
        var reader = CompactReader(writer.bytes[...])
        try reader.structure(Sample.self) { (reader, field) throws(ParquetError) in
            try reader.list { (reader, _) throws(ParquetError) in values.append(try reader.int64()) }
            return true
        }
        #expect(values == (0..<count).map(Int64.init))
    }

    /// Bytes as they stand in the compact protocol's description: a delta of 1 and type 5, then zigzag 2 for 1.
    @Test func theBytesAreThoseOfTheProtocol() {
        var writer = CompactWriter()
        writer.nested {
            $0.int32(Sample.first, 1)
            $0.int64(Sample.second, -1)
            $0.string(Sample.fourth, "a")
            $0.int16(Sample.far, 3)
        }
        #expect(writer.bytes == [0x15, 0x02, 0x16, 0x01, 0x28, 0x01, 0x61, 0x04, 0x28, 0x06, 0x00])
    }

    @Test(arguments: [
        ([UInt8]([]), "it ends early"), ([0x15], "it ends early"), ([0x18, 0x05, 0x61], "longer than the rest"),
        ([0x19, 0xFC, 0xFF, 0xFF, 0x03], "longer than the rest"), ([0x1D], "type 13 is unknown"),
        ([0x16] + Array(repeating: 0xFF, count: 11), "a number is too long"),
        ([UInt8](repeating: 0x1C, count: 40), "nested too deep"), ([0x17, 0, 0], "it ends early"),
        ([0x06, 0x80, 0x80, 0x08], "a field number is out of range"),
    ])
    func damagedStructuresAreRefused(bytes: [UInt8], reason: String) {
        var reader = CompactReader(bytes[...])
        let error = #expect(throws: ParquetError.self) {
            try reader.structure(Sample.self) { (_, _) throws(ParquetError) in false }
        }
        #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
    }
}

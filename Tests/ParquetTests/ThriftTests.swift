import Testing

@testable import Parquet

struct ThriftTests {
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
            $0.int64(1, value)
            $0.int32(40, Int32(truncatingIfNeeded: value))
            $0.boolean(41, true)
            $0.boolean(42, false)
            $0.structure(43) { $0.int64(3, value) }
            $0.string(44, "naïve")
        }
        var seen: [String] = []
        var reader = CompactReader(writer.bytes[...])
        try reader.structure { (reader, field) throws(ParquetError) in
            switch field.id {
            case 1: seen.append("1=\(try reader.int64())")
            case 40: seen.append("40=\(try reader.int32())")
            case 41, 42: seen.append("\(field.id)=\(reader.boolean(field))")
            case 44: seen.append("44=\(try reader.string())")
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
            structure.list(1, .int64, count: count)
            for i in 0..<count { structure.element(Int64(i)) }
        }
        var values: [Int64] = []
        var reader = CompactReader(writer.bytes[...])
        try reader.structure { (reader, field) throws(ParquetError) in
            try reader.list { (reader, _) throws(ParquetError) in values.append(try reader.int64()) }
            return true
        }
        #expect(values == (0..<count).map(Int64.init))
    }

    /// Bytes as they stand in the compact protocol's description: a delta of 1 and type 5, then zigzag 2 for 1.
    @Test func theBytesAreThoseOfTheProtocol() {
        var writer = CompactWriter()
        writer.nested {
            $0.int32(1, 1)
            $0.int64(2, -1)
            $0.string(4, "a")
            $0.int16(20, 3)
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
            try reader.structure { (_, _) throws(ParquetError) in false }
        }
        #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
    }
}

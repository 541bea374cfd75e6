import Testing

@testable import Parquet

struct FooterTests {
    private static let fields = [
        Field("local_timestamp", .int64, .timestampMicrosUTC, isNullable: false),
        Field("price", .double, isNullable: true),
        Field("id", .byteArray, .string, isNullable: true),
        Field("is_snapshot", .boolean, isNullable: true),
    ]

    /// A file of `groups` row groups of `rows` rows, several pages each.
    private static func file(groups: Int, rows: Int, times: (Int) -> Int64 = { Int64($0) }) throws -> (
        FileAssembler, [UInt8]
    ) {
        var options = WriterOptions()
        options.pageRows = 50
        let scratch = EncoderScratch()
        let time = TimeColumnBuilder(fields[0], options: options)
        let price = NumberColumnBuilder(fields[1], options: options)
        let id = TextColumnBuilder(fields[2], options: options)
        let flag = BooleanColumnBuilder(fields[3], options: options)
        var assembler = FileAssembler(fields: fields, sortedBy: "local_timestamp", createdBy: "tests")
        var bytes = assembler.begin()
        for group in 0..<groups {
            let range = (group * rows)..<((group + 1) * rows)
            time.append(range.map(times), count: rows)
            append(range.map { (Double($0) / 4).bitPattern }, to: price)
            try texts(range.map { "id-\($0)" }, into: id)
            append(range.map { [false, true, nil][$0 % 3] }, to: flag)
            let pieces = try assembler.append([
                try time.finishChunk(scratch), try price.finishChunk(scratch), try id.finishChunk(scratch),
                try flag.finishChunk(scratch),
            ])
            bytes += pieces.joined()
        }
        bytes += try assembler.finish(keyValues: [KeyValue("tick.a", "b"), KeyValue("empty", "")])
        return (assembler, bytes)
    }

    @Test func theFooterSaysWhatWasWritten() throws {
        let (_, bytes) = try Self.file(groups: 3, rows: 120)
        let metadata = try FooterReader.read(tail: bytes[...])
        #expect(metadata.fields == Self.fields)
        #expect(metadata.rowCount == 360)
        #expect(metadata.rowGroups.map(\.rowCount) == [120, 120, 120])
        #expect(metadata.rowGroups.allSatisfy { $0.sortedBy == [0] })
        #expect(metadata.keyValues == [KeyValue("tick.a", "b"), KeyValue("empty", "")])
        #expect(metadata.createdBy == "tests")
        #expect(metadata.bounds(ofColumn: "local_timestamp", rowGroup: 2) == 240...359)
        #expect(metadata.bounds(ofColumn: "price", rowGroup: 0) == nil)
        #expect(metadata.bounds(ofColumn: "local_timestamp", rowGroup: 3) == nil)
        #expect(metadata.rowGroups[1].columns.map(\.statistics?.nullCount) == [0, 0, 0, 40])
    }

    @Test func chunksLieOneAfterTheOtherAndIndexesBeforeTheFooter() throws {
        let (_, bytes) = try Self.file(groups: 2, rows: 120)
        #expect(bytes.prefix(4) == Array("PAR1".utf8)[...] && bytes.suffix(4) == Array("PAR1".utf8)[...])
        let metadata = try FooterReader.read(tail: bytes[...])
        var offset: Int64 = 4
        for column in metadata.rowGroups.flatMap(\.columns) {
            #expect((column.dictionaryPageOffset ?? column.dataPageOffset) == offset)
            #expect(column.dataPageOffset >= offset)
            offset += column.compressedSize
        }
        for (number, column) in metadata.rowGroups.flatMap(\.columns).enumerated() {
            // Of the four columns the times have bounds for each page.
            #expect((column.columnIndex != nil) == (number % 4 == 0))
            if let location = column.columnIndex {
                let start = Int(location.offset)
                let index = try ColumnIndex(reading: bytes[start..<start + Int(location.length)])
                #expect(index.nullPages == [false, false, false], "column \(number)")
                #expect(index.nullCounts.reduce(0, +) == column.statistics?.nullCount)
            }
            let pages = try #require(column.offsetIndex)
            let offsets = try OffsetIndex(reading: bytes[Int(pages.offset)..<Int(pages.offset) + Int(pages.length)])
            #expect(offsets.pages.map(\.firstRow) == [0, 50, 100])
            #expect(offsets.pages.first?.offset == column.dataPageOffset)
            for (page, next) in zip(offsets.pages, offsets.pages.dropFirst()) {
                #expect(page.offset + Int64(page.compressedSize) == next.offset)
            }
        }
    }

    @Test func aFileWithoutRowsHasAFooterAndNoRowGroup() throws {
        var assembler = FileAssembler(fields: Self.fields, sortedBy: "local_timestamp", createdBy: "tests")
        let bytes = assembler.begin() + (try assembler.finish(keyValues: []))
        let metadata = try FooterReader.read(tail: bytes[...])
        #expect(metadata.rowCount == 0)
        #expect(metadata.rowGroups.isEmpty)
        #expect(metadata.fields == Self.fields)
    }

    @Test func aRowGroupIsSortedOnlyWhenItsTimesAscend() throws {
        // The second group steps back once; the first does not, and equal neighbours are no step back.
        let (_, bytes) = try Self.file(groups: 2, rows: 100) { $0 == 150 ? 3 : Int64($0 / 2) }
        #expect(try FooterReader.read(tail: bytes[...]).rowGroups.map(\.sortedBy) == [[0], []])
    }

    @Test func unequalChunksAreRefused() throws {
        var assembler = FileAssembler(fields: Self.fields, sortedBy: nil, createdBy: "tests")
        _ = assembler.begin()
        let builder = BooleanColumnBuilder(Self.fields[3], options: WriterOptions())
        let scratch = EncoderScratch()
        let one = try builder.finishChunk(scratch)
        append([true], to: builder)
        let other = try builder.finishChunk(scratch)
        #expect(throws: ParquetError("a row group needs 4 chunks, not 1")) { try assembler.append([one]) }
        #expect(throws: ParquetError("column price has 1 rows where the first one has 0")) {
            try assembler.append([one, other, one, one])
        }
    }

    @Test func everyTruncationIsRefused() throws {
        let (_, bytes) = try Self.file(groups: 2, rows: 60)
        let size = try FooterReader.footerSize(lastEight: bytes.suffix(8))
        let footer = Array(bytes.suffix(size))
        for cut in 0..<footer.count {
            #expect(throws: ParquetError.self, "cut to its first \(cut) bytes") {
                try FooterReader.read(tail: footer.prefix(cut))
            }
            if cut > 0 {
                #expect(throws: ParquetError.self, "without its first \(cut) bytes") {
                    try FooterReader.read(tail: footer.dropFirst(cut))
                }
            }
            // The metadata cut short, under a length that fits.
            var shorter = Array(footer.prefix(min(cut, size - 8)))
            let length = shorter.count
            shorter += (0..<4).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + FooterReader.magic
            if length < size - 8 {
                #expect(throws: ParquetError.self, "metadata of \(length) bytes") {
                    try FooterReader.read(tail: shorter[...])
                }
            }
        }
    }

    @Test(arguments: [UInt64(41), 42])
    func damagedFootersNeverCrash(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let (_, bytes) = try Self.file(groups: 2, rows: 120)
        let size = try FooterReader.footerSize(lastEight: bytes.suffix(8))
        let footer = Array(bytes.suffix(size))
        var refused = 0
        for _ in 0..<2000 {
            var damaged = footer
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                damaged[Int.random(in: 0..<(size - 8), using: &random)] = UInt8(truncatingIfNeeded: random.next())
            }
            do {
                let metadata = try FooterReader.read(tail: damaged[...])
                _ = metadata.bounds(ofColumn: "local_timestamp", rowGroup: 0)
                // What is answered may be indexed by the schema and added up.
                for group in metadata.rowGroups {
                    try #require(group.columns.count == metadata.fields.count, "seed \(seed)")
                    for column in group.sortedBy { _ = metadata.fields[Int(column)] }
                }
                _ = metadata.rowGroups.flatMap(\.columns).reduce(0) { $0 + $1.compressedSize }
            } catch is ParquetError {
                refused += 1
            }
        }
        #expect(refused > 400, "seed \(seed)")
    }

    @Test func rowGroupsThatDoNotFitTheSchemaAreRefused() throws {
        let (_, bytes) = try Self.file(groups: 1, rows: 60)
        let whole = try FooterReader.read(tail: bytes[...])
        func reason(_ change: (inout RowGroupMetadata) -> Void) -> String? {
            var metadata = whole
            change(&metadata.rowGroups[0])
            let footer = metadata.encoded()
            let tail = footer + (0..<4).map { UInt8(truncatingIfNeeded: footer.count >> (8 * $0)) } + FooterReader.magic
            return #expect(throws: ParquetError.self) { try FooterReader.read(tail: tail[...]) }?.description
        }
        #expect(reason { $0.columns.removeLast() } == "the footer's row groups do not fit its schema")
        #expect(reason { $0.sortedBy = [4] } == "the footer's row groups do not fit its schema")
        #expect(reason { $0.sortedBy = [-1] } == "the footer's row groups do not fit its schema")
        #expect(reason { $0.rowCount = -1 } == "the footer has a size or count that cannot be")
        // With the counts of the columns, more than an Int64 holds.
        #expect(reason { $0.rowCount = .max } == "the footer has a size or count that cannot be")
    }

    private enum Unknown: Int16 {
        case list = 12
    }

    /// Footers of a few bytes each of which would become a structure, a text or a list in memory.
    @Test(arguments: ["row groups", "key-value pairs", "columns", "encodings", "path parts", "unknown structures"])
    func whatIsReadIsCounted(what: String) throws {
        let count = 10_000
        var writer = CompactWriter()
        writer.nested { file in
            file.list(Thrift.FileMetaData.schema, .structure, count: 1)
            file.nested { $0.string(Thrift.SchemaElement.name, "schema") }
            switch what {
            case "row groups":
                file.list(Thrift.FileMetaData.rowGroups, .structure, count: count)
                for _ in 0..<count { file.nested { _ in } }
            case "key-value pairs":
                file.list(Thrift.FileMetaData.keyValueMetadata, .structure, count: count)
                for _ in 0..<count { file.nested { _ in } }
            case "unknown structures":
                file.list(Unknown.list, .structure, count: count)
                for _ in 0..<count { file.nested { _ in } }
            default:
                file.list(Thrift.FileMetaData.rowGroups, .structure, count: 1)
                file.nested { group in
                    group.list(Thrift.RowGroup.columns, .structure, count: what == "columns" ? count : 1)
                    for _ in 0..<(what == "columns" ? count : 1) {
                        group.nested { chunk in
                            chunk.structure(Thrift.ColumnChunk.metaData) { meta in
                                typealias ID = Thrift.ColumnMetaData
                                meta.list(ID.encodings, .int32, count: what == "encodings" ? count : 0)
                                if what == "encodings" { for _ in 0..<count { meta.element(Int32(0)) } }
                                meta.list(ID.pathInSchema, .binary, count: what == "path parts" ? count : 0)
                                if what == "path parts" { for _ in 0..<count { meta.element([UInt8]()) } }
                            }
                        }
                    }
                }
            }
        }
        let size = writer.bytes.count
        let tail = writer.bytes + (0..<4).map { UInt8(truncatingIfNeeded: size >> (8 * $0)) } + FooterReader.magic
        let error = #expect(throws: ParquetError.self) { try FooterReader.read(tail: tail[...], mostElements: count) }
        #expect(error?.description.contains("more structures than are read here") == true)
        // A usual footer of twelve chunks needs few.
        let (_, bytes) = try Self.file(groups: 3, rows: 120)
        #expect(try FooterReader.read(tail: bytes[...], mostElements: 200).rowGroups.count == 3)
    }

    @Test(arguments: [
        (Array("PAR".utf8), "shorter than a Parquet footer"),
        (Array("0123PARE".utf8), "encrypted footer"),
        (Array("0123PAR2".utf8), "does not end in PAR1"),
        ([0xFF, 0xFF, 0xFF, 0xFF] + Array("PAR1".utf8), "claims 4294967303 bytes, of which 8 are there"),
        ([0, 0, 0, 0] + Array("PAR1".utf8), "ends early"),
    ])
    func oddTailsAreNamed(tail: [UInt8], reason: String) {
        let error = #expect(throws: ParquetError.self) { try FooterReader.read(tail: tail[...]) }
        #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
    }
}

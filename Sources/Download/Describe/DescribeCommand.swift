import FleetModel
import Common
import Console
import Host
import Parquet
import Text

/// `describe FILE`: schema, row groups, encodings, sizes, key-values and time range from the footer.
struct DescribeCommand {
    private let run: ToolRun

    init(_ run: ToolRun) {
        self.run = run
    }

    func execute() async throws -> ExitStatus {
        let path = run.arguments.argument("FILE") ?? ""
        let reader = try ReadableFile(path)
        let size = try reader.size()
        let file: FileMetadata
        do {
            file = try reader.metadata()
        } catch let error as ParquetError {
            throw DescribeError(description: "\(path): \(error)")
        }
        if run.arguments.string("output") == "table" {
            printTables(path, size, file)
        } else {
            let layout: JSONValue.Layout = run.arguments.string("output") == "json" ? .pretty : .compact
            run.print(json(path, size, file).text(layout))
        }
        return .done
    }

    /// The first and the last `local_timestamp` of the file.
    private func times(_ file: FileMetadata) -> ClosedRange<Int64>? {
        let all = file.rowGroups.indices.compactMap { file.bounds(ofColumn: "local_timestamp", rowGroup: $0) }
        guard let least = all.map(\.lowerBound).min(), let greatest = all.map(\.upperBound).max() else { return nil }
        return least...greatest
    }

    private func encodings(_ file: FileMetadata, _ column: Int) -> [String] {
        let all = Set(file.rowGroups.flatMap { $0.columns[column].encodings })
        return Encoding.allCases.filter(all.contains).map(\.name)
    }

    private func printTables(_ path: String, _ size: Int64, _ file: FileMetadata) {
        run.printLine(
            "\(path): \(Format.count(file.rowCount)) rows, \(file.rowGroups.count) row group\(file.rowGroups.count == 1 ? "" : "s"), \(Format.bytes(size))"
        )
        if let times = times(file) {
            let first = CivilTime.rfc3339(epochMicroseconds: times.lowerBound)
            let last = CivilTime.rfc3339(epochMicroseconds: times.upperBound)
            run.printLine("local_timestamp \(first) to \(last)")
        }
        run.printLine("written by \(file.createdBy)")
        for pair in file.keyValues { run.printLine("\(pair.key) = \(pair.value)") }
        var table = TextTable([
            .init("COLUMN"), .init("TYPE"), .init("NULLS", alignRight: true), .init("BYTES", alignRight: true),
            .init("ENCODINGS"),
        ])
        for (index, field) in file.fields.enumerated() {
            let chunks = file.rowGroups.map { $0.columns[index] }
            let nulls = chunks.reduce(0 as Int64) { $0 + ($1.statistics?.nullCount ?? 0) }
            table.add([
                .init(field.name),
                .init(field.typeName + (field.isNullable ? "" : " not null")),
                .init(Format.count(nulls)),
                .init(Format.count(chunks.reduce(0) { $0 + $1.compressedSize })),
                .init(encodings(file, index).joined(separator: " ")),
            ])
        }
        run.print(table)
    }

    private func json(_ path: String, _ size: Int64, _ file: FileMetadata) -> JSONValue {
        let columns = file.fields.enumerated().map { index, field -> JSONValue in
            let chunks = file.rowGroups.map { $0.columns[index] }
            return [
                "name": .string(field.name),
                "type": .string(field.typeName),
                "nullable": .bool(field.isNullable),
                "encodings": .array(encodings(file, index).map(JSONValue.string)),
                "compressed_bytes": .int(chunks.reduce(0) { $0 + $1.compressedSize }),
                "uncompressed_bytes": .int(chunks.reduce(0) { $0 + $1.uncompressedSize }),
            ]
        }
        let groups = file.rowGroups.map { group -> JSONValue in
            let chunks = zip(file.fields, group.columns).map { field, chunk -> JSONValue in
                [
                    "name": .string(chunk.name),
                    "codec": .string("\(chunk.codec)"),
                    "encodings": .array(chunk.encodings.map { .string($0.name) }),
                    "values": .int(chunk.valueCount),
                    "compressed_bytes": .int(chunk.compressedSize),
                    "uncompressed_bytes": .int(chunk.uncompressedSize),
                    "nulls": chunk.statistics?.nullCount.map(JSONValue.int) ?? .null,
                    "min": StatisticText.text(chunk.statistics?.minimum, field).map(JSONValue.string) ?? .null,
                    "max": StatisticText.text(chunk.statistics?.maximum, field).map(JSONValue.string) ?? .null,
                ]
            }
            return [
                "rows": .int(group.rowCount),
                "sorted_by": .array(group.sortedBy.map { .string(file.fields[Int($0)].name) }),
                "columns": .array(chunks),
            ]
        }
        return [
            "schema": 1,
            "file": .string(path),
            "bytes": .int(size),
            "rows": .int(file.rowCount),
            "first_local_timestamp": times(file).map { .int($0.lowerBound) } ?? .null,
            "last_local_timestamp": times(file).map { .int($0.upperBound) } ?? .null,
            "created_by": .string(file.createdBy),
            "key_values": .object(JSONObject(file.keyValues.map { ($0.key, .string($0.value)) })),
            "columns": .array(columns),
            "row_groups": .array(groups),
        ]
    }
}

/// A file that cannot be described.
struct DescribeError: ExitStatusProviding, CustomStringConvertible {
    let description: String
    var exitStatus: ExitStatus { .integrity }
}

import FleetModel
import Common
import Console
import Testing

/// Days, times and sizes as people give them.
@Suite struct DateOptionsTests {
    private let command = CommandSpec(name: "tool", summary: "do things", options: DateOptions.options("to look at"))

    private func dates(_ arguments: String...) async throws -> [String] {
        var context = ToolContext()
        context.arguments = arguments
        let ended = await execute(command, context) { run in
            run.print(
                try DateOptions.begun(run.arguments, now: 1_700_000_000_000_000).map(\.description).joined(
                    separator: " "
                )
            )
            return .done
        }
        return ended.status == .done
            ? ended.output.split(whereSeparator: \.isWhitespace).map(String.init) : [ended.messages]
    }

    @Test func datesRangesAndBothAreOneListInOrder() async throws {
        let found = try await dates(
            "--date",
            "2023-05-23,2023-05-01",
            "--date=2023-05-22..2023-05-23",
            "--start-date",
            "2023-01-31",
            "--end-date",
            "2023-02-01"
        )
        #expect(found == ["2023-01-31", "2023-02-01", "2023-05-01", "2023-05-22", "2023-05-23"])
    }

    @Test(arguments: [
        ([], "which day?"), (["--date", "2023-13-01"], "is not a date like 2023-05-23, or a range"),
        (["--start-date", "2023-05-01"], "go together"), (["--date", "2023-05-02..2023-05-01"], "or a range"),
        (["--start-date", "2023-05-02", "--end-date", "2023-05-01"], "is before --start-date"),
        (["--date", "2023-11-15"], "2023-11-15 has not begun yet"),
    ])
    func mistakesAreNamed(arguments: [String], text: String) async throws {
        var context = ToolContext()
        context.arguments = arguments
        let ended = await execute(command, context) { run in
            _ = try DateOptions.begun(run.arguments, now: 1_700_000_000_000_000)
            return .done
        }
        #expect(ended.status == .usage)
        #expect(ended.messages.contains(text))
    }

    @Test(
        arguments: [
            ("90", Duration.seconds(90)), ("45s", .seconds(45)), ("90m", .seconds(5_400)), ("4h", .seconds(14_400)),
            ("1d", .seconds(86_400)), ("0s", .zero), ("h", nil), ("", nil), ("-1h", nil), ("1.5h", nil), ("1w", nil),
            ("99999999999999999d", nil),
        ] as [(String, Duration?)]
    )
    func timesAreRead(text: String, duration: Duration?) {
        #expect(UnitParsing.duration(text) == duration)
    }

    @Test(
        arguments: [
            ("100", 100), ("100GB", 100), ("100gb", 100), ("2TB", 2_048), ("0", nil), ("-1", nil), ("GB", nil),
            ("1MB", nil),
        ] as [(String, Int?)]
    )
    func sizesAreRead(text: String, gigabytes: Int?) {
        #expect(UnitParsing.gigabytes(text) == gigabytes)
    }

    @Test func placesAreBucketsUnlessTheyHaveASlash() {
        let context = ToolContext(currentDirectory: "/there")
        for (text, place) in [
            ("data", "gs://data"), ("gs://data", "gs://data"), ("./data", "/there/./data"), (".", "/there/."),
            ("/data", "/data"), ("memory:", "gs://memory:"),
        ] {
            #expect(StorageLocation.resolve(text, context) == place)
        }
        #expect(StorageLocation.bucket("gs://data/x") == "data")
        #expect(StorageLocation.bucket("/data") == nil)
    }
}

import Console
import Testing
import Text

struct LoggerTests {
    private let sink = MemorySink()

    private func logger(_ format: Logger.Format, _ level: LogLevel = .debug) -> Logger {
        Logger(level: level, format: format, sink: sink, now: { 1_684_890_123_000_000 })
    }

    @Test(
        arguments: [
            ("DEBUG", LogLevel.debug), ("INFO", .info), ("WARNING", .warning), ("warn", .warning), ("Error", .error),
            ("CRITICAL", .error), ("LOUD", nil), ("", nil),
        ] as [(String, LogLevel?)]
    )
    func levelsHavePythonsNames(name: String, level: LogLevel?) {
        #expect(LogLevel(name: name) == level)
    }

    @Test func levelsBelowTheSetOneAreDropped() {
        let logger = logger(.plain, .warning)
        logger.info("no")
        logger.warning("yes")
        #expect(sink.text == "2023-05-24T01:02:03.000000Z warning yes\n")
    }

    @Test func peopleGetSentences() {
        let logger = logger(.terminal(color: false))
        logger.info("file uploaded", ["object": "a/b", "rows": 12])
        logger.error("file failed", ["reason": "it \"broke\"\nhere", "note": ""])
        Logger(level: .debug, format: .terminal(color: true), sink: sink, now: { 0 }).warning("look\u{1B}[2J")
        #expect(
            sink.text == """
                file uploaded (object=a/b, rows=12)
                error: file failed (reason="it \\"broke\\"\\nhere", note="")
                \u{1B}[33mwarning:\u{1B}[0m look?[2J

                """
        )
    }

    @Test func filesGetTimeLevelAndFields() {
        logger(.plain).info("file uploaded", ["vm": "v", "rows": 12])
        #expect(sink.text == "2023-05-24T01:02:03.000000Z info    file uploaded  vm=v rows=12\n")
    }

    @Test func cloudLoggingGetsItsFields() throws {
        logger(.jsonLines).error("file failed\n", ["rows": 12, "message": "mine", "files": ["a"]])
        #expect(sink.text.hasSuffix("}\n") && sink.text.split(separator: "\n").count == 1)
        #expect(
            try JSONValue(parsing: sink.text) == [
                "severity": "ERROR", "message": "file failed\n", "timestamp": "2023-05-24T01:02:03.000000Z",
                "rows": 12, "message_": "mine", "files": ["a"],
            ]
        )
    }
}

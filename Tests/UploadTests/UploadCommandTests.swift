import Common
import Console
import FleetModel
import Foundation
import GoogleCloud
import Sandbox
import Testing
import Text

@testable import Upload

/// `gcs-upload-service` as a whole, into a bucket of the sandbox.
@Suite final class UploadCommandTests: Sendable {
    private let folder: String
    private let world: SandboxEnvironment

    init() throws {
        folder = NSTemporaryDirectory() + "upload-tests-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: "\(folder)/in/sub", withIntermediateDirectories: true)
        let until = try #require(TickDay("2024-01-01"))
        let tardis = TardisService.Configuration(
            catalogue: TardisCatalogue(symbols: [:], exportedUntil: until),
            cache: "\(folder)/cache"
        )
        var options = SandboxEnvironment.Options(store: "\(folder)/gcs", tardis: tardis)
        options.buckets = ["bucket-one"]
        world = try SandboxEnvironment(options)
        try Data("one".utf8).write(to: URL(filePath: "\(folder)/in/one.csv"))
        try Data(repeating: 7, count: 9_000).write(to: URL(filePath: "\(folder)/in/sub/two.parquet"))
    }

    deinit {
        world.stop()
        try? FileManager.default.removeItem(atPath: folder)
    }

    private func call(_ words: [String]) async -> (status: Console.ExitStatus, output: String, messages: String) {
        let (output, messages) = (MemorySink(), MemorySink())
        let context = ToolContext(
            arguments: ["--progress", "quiet"] + words,
            environment: ["STORAGE_EMULATOR_HOST": world.storageServer.url],
            output: output,
            messages: messages,
            currentDirectory: folder
        )
        return (await uploadTool.run(in: context), output.text, messages.text)
    }

    private func outcomes(_ output: String) throws -> [String: String] {
        try output.split(separator: "\n").reduce(into: [:]) { outcomes, line in
            let line = try JSONValue(parsing: Array(line.utf8))
            outcomes[line["object"]?.string ?? line["path"]?.string ?? ""] = line["outcome"]?.string
        }
    }

    private var writes: [String] {
        world.recorder.requests.filter { $0.method != "GET" }.map { "\($0.method) \($0.url.prefix { $0 != "?" })" }
    }

    @Test("a folder's files become objects of the same relative names, and the second run writes nothing")
    func twice() async throws {
        let dry = await call(["--dry-run", "--output", "jsonl", "in", "gs://bucket-one/x"])
        #expect(dry.status == .done, "\(dry.messages)")
        #expect(try outcomes(dry.output) == ["x/one.csv": "would upload", "x/sub/two.parquet": "would upload"])
        #expect(writes == [])
        let first = await call(["--output", "jsonl", "in", "gs://bucket-one/x/"])
        #expect(first.status == .done)
        #expect(try outcomes(first.output) == ["x/one.csv": "uploaded", "x/sub/two.parquet": "uploaded"])
        #expect(writes == Array(repeating: "POST /upload/storage/v1/b/bucket-one/o", count: 2))
        let second = await call(["--output", "jsonl", "in", "gs://bucket-one/x"])
        #expect(second.status == .done)
        #expect(try outcomes(second.output) == ["x/one.csv": "skipped", "x/sub/two.parquet": "skipped"])
        #expect(writes.count == 2)
        #expect(world.recorder.violations == [])
    }

    @Test("one file that fails does not stop the others, and the status says so")
    func partial() async throws {
        world.faults.add(try FaultRule(parsing: "service=gcs method=POST nth=1 status=403"))
        let ended = await call(["--output", "jsonl", "in", "gs://bucket-one"])
        #expect(ended.status == .partial, "\(ended.output) \(ended.messages)")
        #expect(try outcomes(ended.output).values.sorted() == ["failed", "uploaded"])
    }

    @Test("a pipe that is named is a failure, and within a folder it is left out")
    func pipe() async throws {
        #expect(mkfifo("\(folder)/in/pipe", 0o600) == 0)
        let named = await call(["--output", "jsonl", "in/pipe", "gs://bucket-one"])
        #expect(named.status == .failed)
        #expect(named.output.contains("this is neither a file nor a folder"), "\(named.output)")
        let within = await call(["in", "gs://bucket-one"])
        #expect(within.status == .done)
        #expect(within.messages.contains("left out: neither a file nor a folder"))
    }

    @Test(
        "what cannot be is said before anything is asked",
        arguments: [
            (["in"], "the target is missing"), (["none", "gs://bucket-one"], "cannot read"),
            (["in", "in/one.csv", "gs://bucket-one"], "would become the same object"),
        ]
    )
    func usage(words: [String], sentence: String) async {
        let ended = await call(words)
        #expect(ended.status == .usage)
        #expect(ended.messages.contains(sentence), "\(ended.messages)")
        #expect(world.recorder.requests.isEmpty)
    }

    @Test("a bucket that is not there is said once, and nothing is uploaded")
    func noBucket() async {
        let ended = await call(["in", "gs://bucket-two"])
        #expect(ended.status == .failed)
        #expect(ended.messages.contains("bucket-two"), "\(ended.messages)")
        #expect(writes == [])
    }
}

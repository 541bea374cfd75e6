import Common
import Console
import FleetModel
import Foundation
import GoogleCloud
import Testing
import Transport

@testable import Upload

/// What does not become an object.
@Suite struct FileUploadTests {
    private let store = MemoryStore()
    private let kept = MemoryStore()
    private let path = NSTemporaryDirectory() + "file-upload-\(UUID().uuidString)"

    private func run(size: Int64, origin: SourceFile.Origin? = nil) async throws -> UploadOutcome {
        try Data("12345".utf8).write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let upload = FileUpload(
            store: store,
            isDryRun: false,
            progress: ProgressReporter(
                title: "t",
                mode: .quiet,
                sink: MemorySink(),
                terminal: Terminal(),
                color: false,
                now: { .zero }
            ),
            clock: .system,
            openFolder: { [kept] _ in kept }
        )
        return try await upload.run(SourceFile(path: path, object: "a/b.bin", size: size, origin: origin))
    }

    @Test("a file that has become longer or shorter since it was found", arguments: [4, 6])
    func changed(size: Int64) async throws {
        guard case .failed(let reason, .failed) = try await run(size: size) else { return #expect(Bool(false)) }
        #expect(reason.contains("it had \(size) bytes, and 5 came"))
        #expect(try await store.info("a/b.bin") == nil)
    }

    @Test("a file of the kit's own folder whose bytes are not those that were written")
    func damaged() async throws {
        let origin = SourceFile.Origin(folder: "/f", name: "b.bin")
        let written = ["tick-size": "5", "tick-crc32c": CRC32C.base64(CRC32C.of(Array("12346".utf8)))]
        _ = try await kept.put("b.bin", Array("12346".utf8), options: PutOptions(metadata: written))
        guard case .failed(let reason, .integrity) = try await run(size: 5, origin: origin) else {
            return #expect(Bool(false))
        }
        #expect(reason.contains("is damaged"))
        #expect(try await store.info("a/b.bin") == nil)
        let right = ["tick-crc32c": CRC32C.base64(CRC32C.of(Array("12345".utf8)))]
        _ = try await kept.put("b.bin", Array("12345".utf8), options: PutOptions(metadata: right))
        #expect(try await run(size: 5, origin: origin) == .uploaded)
        #expect(try await store.info("a/b.bin")?.metadata == right)
    }
}

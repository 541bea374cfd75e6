import FoundationEssentials
import Sandbox
import Synchronization
import Transport

@testable import GoogleCloud

/// Time that only sleeping moves.
final class FakeTime: Sendable {
    let slept = Mutex<[Duration]>([])
    var clock: ToolClock {
        ToolClock(
            epochMicroseconds: { 1_700_000_000_000_000 },
            monotonic: { self.slept.withLock { $0.reduce(.zero, +) } },
            sleep: { pause in self.slept.withLock { $0.append(pause) } },
            random: { 0 }
        )
    }
}

/// The store of a test that talks to the sandbox; chunks are as small as they may be.
func gcsStore(
    _ storage: FaultyStorage,
    time: FakeTime = FakeTime(),
    tokens: any TokenProvider = AnonymousTokens(),
    tries: Int = 4
) -> GCSStore {
    GCSStore(
        bucket: "bucket",
        transport: storage,
        tokens: tokens,
        endpoint: storage.server.url,
        retry: RetryPolicy(tries: tries),
        chunkBytes: 1,
        clock: time.clock
    )
}

/// Recognisable bytes.
func pattern(_ count: Int, seed: Int = 0) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: ($0 &+ seed) &* 2_654_435_761 >> 13) }
}

/// The kind of the storage error that `body` throws.
func kindThrown(_ body: () async throws -> Void) async -> StorageError.Kind? {
    do {
        try await body()
        return nil
    } catch {
        return (error as? StorageError)?.kind
    }
}

/// A folder that is gone after the test.
func withFolder<T>(_ body: (String) async throws -> T) async throws -> T {
    let folder = FileManager.default.temporaryDirectory.appending(path: "stores-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try await body(folder)
}

import Sandbox
import Testing
import Transport

@testable import GoogleCloud

/// The same suite as for the other stores, through libcurl and sockets against the project's own Cloud Storage.
@Test func cloudStorageConformsOverHTTPInTheSandbox() async throws {
    try await withFolder { folder in
        let tardis = TardisService.Configuration(
            catalogue: .standard(exportedUntil: .today()),
            cache: folder + "/tardis"
        )
        var options = LocalWorld.Options(store: folder + "/store", tardis: tardis)
        options.buckets = ["bucket-one"]
        let world = try LocalWorld(options)
        defer { world.stop() }
        let transport = CurlTransport(userAgent: "tests", environment: [:])
        let store = GCSStore(
            bucket: "bucket-one",
            transport: transport,
            tokens: AnonymousTokens(),
            endpoint: world.storageServer.url,
            chunkBytes: 1
        )
        try await checkConformance(store)
        await transport.shutdown()
        #expect(world.recorder.violations == [])
    }
}

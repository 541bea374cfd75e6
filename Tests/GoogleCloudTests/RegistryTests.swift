import Testing

@testable import GoogleCloud

@Suite("Artifact Registry")
struct RegistryTests {
    private static let digest = "sha256:" + String(repeating: "0a", count: 32)

    @Test(
        "Images",
        arguments: [
            ("asia-northeast1-docker.pkg.dev/p/r/i", "asia-northeast1-docker.pkg.dev/p/r/i:latest"),
            ("asia-northeast1-docker.pkg.dev/p/r/i:v1.2", "asia-northeast1-docker.pkg.dev/p/r/i:v1.2"),
            ("us-docker.pkg.dev/p/r/a/b:t", "us-docker.pkg.dev/p/r/a/b:t"),
            ("us-docker.pkg.dev/p/r/i:t@\(digest)", "us-docker.pkg.dev/p/r/i@\(digest)"),
            ("us-docker.pkg.dev/p/r", nil), ("us-docker.pkg.dev/p/r/", nil), ("gcr.io/p/i", nil), ("ubuntu:22.04", nil),
            ("us-docker.pkg.dev/p/r/i:", nil), ("us-docker.pkg.dev/p/r/i@sha256:12", nil),
            ("-docker.pkg.dev/p/r/i", nil),
            ("us-docker.pkg.dev/p/r/I", nil), ("us-docker.pkg.dev/p/r/i:a b", nil),
        ] as [(String, String?)]
    )
    func images(text: String, described: String?) {
        #expect(ImageReference(text).map { "\($0)" } == described)
    }

    @Test("Repositories")
    func repositories() {
        let text = "asia-northeast1-docker.pkg.dev/central-element-323112/market-tick-handler"
        let reference = RepositoryReference(text)
        #expect(reference.map { "\($0)" } == text)
        #expect(reference?.location == "asia-northeast1")
        #expect(RepositoryReference(text + "/i") == nil)
        #expect(RepositoryReference("docker.io/a/b") == nil)
    }

    @Test("Look up and create: the requests")
    func requests() async throws {
        let image = try #require(ImageReference("us-docker.pkg.dev/p/r/a/b:t"))
        let pinned = try #require(ImageReference("us-docker.pkg.dev/p/r/i@\(Self.digest)"))
        let script = ScriptedAnswers([
            refusal(404, "NOT_FOUND", "no"), (200, "{\"name\":\"projects/p/locations/us/operations/1\"}"),
            (200, "{\"name\":\"projects/p/locations/us/operations/1\",\"done\":true}"), (200, "{}"), (200, "{}"),
            refusal(404, "NOT_FOUND", "no"), refusal(403, "PERMISSION_DENIED", "no"),
        ])
        let client = ArtifactRegistryClient(api: script.api())
        #expect(try await client.exists(image.repository) == false)
        try await client.create(image.repository, description: "Images")
        #expect(try await client.exists(image.repository))
        #expect(try await client.exists(image))
        #expect(try await client.exists(pinned) == false)
        let error = await #expect(throws: GoogleAPIError.self) { try await client.exists(image) }
        #expect(error?.permission == "artifactregistry.tags.get")
        let root = "http://artifactregistry/v1/projects/p/locations/us"
        #expect(
            script.requests == [
                "GET \(root)/repositories/r",
                "POST \(root)/repositories?repositoryId=r {\"description\":\"Images\",\"format\":\"DOCKER\"}",
                "GET \(root)/operations/1", "GET \(root)/repositories/r",
                "GET \(root)/repositories/r/packages/a%2Fb/tags/t",
                "GET \(root)/repositories/r/packages/i/versions/sha256%3A\(Self.digest.dropFirst(7))",
                "GET \(root)/repositories/r/packages/a%2Fb/tags/t",
            ]
        )
    }
}

import Sandbox
import Testing
import Text

private let location = "/v1/projects/central-element-323112/locations/asia-northeast1"
private let repository = "\(location)/repositories/market-tick-handler"

@Suite struct ArtifactRegistryTests {
    private let test: TestWorld
    private let client: ControlClient

    init() throws {
        test = try TestWorld { options in
            let image = ImageReference(ArtifactRegistryService.image(in: "central-element-323112"))
            options.images = [image].compactMap { $0 }
        }
        client = try test.control(test.world.artifactRegistryServer)
    }

    @Test func theImageAndItsTagAreFound() throws {
        let tag = try client.get("\(repository)/packages/market-tick-data-handler/tags/latest").json
        let version = try #require(tag["version"]?.string)
        #expect(version.contains("/packages/market-tick-data-handler/versions/sha256:"))
        let images = try client.get("\(repository)/dockerImages").json["dockerImages"]?.array ?? []
        #expect(images.count == 1 && images[0]["tags"] == ["latest"])
        let uri =
            "asia-northeast1-docker.pkg.dev/central-element-323112/market-tick-handler/market-tick-data-handler@sha256:"
        #expect(images[0]["uri"]?.string?.hasPrefix(uri) == true)
        let digest = version.split(separator: "/").last ?? ""
        let image = try client.get("\(repository)/dockerImages/market-tick-data-handler@\(digest)")
        #expect(image.json == images[0])
        #expect(try client.get("\(repository)/packages/market-tick-data-handler/tags").json["tags"]?.array?.count == 1)
        #expect(test.violations.isEmpty)
    }

    @Test(arguments: [
        "\(repository)/packages/market-tick-data-handler/tags/v9", "\(repository)/packages/other/tags/latest",
        "\(location)/repositories/other", "\(location)/repositories/other/dockerImages",
        "/v1/projects/central-element-323112/locations/us/repositories/market-tick-handler",
    ])
    func whatIsNotThereIsNotFound(path: String) throws {
        let answer = try client.get(path)
        #expect(answer.status == 404 && answer.errorWord == "NOT_FOUND")
        #expect(test.violations.isEmpty)
    }

    @Test func aRepositoryIsMadeByAnOperation() throws {
        let target = "\(location)/repositories?repositoryId=another"
        let started = try client.post(target, ["format": "DOCKER", "description": "images"]).json
        let operation = try #require(started["name"]?.string)
        #expect(try client.get("/v1/\(operation)").json["done"] == nil)
        #expect(try client.get("/v1/\(operation)").json["done"] == true)
        #expect(try client.get("\(location)/repositories/another").json["description"] == "images")
        #expect(try client.get("\(location)/repositories").json["repositories"]?.array?.count == 2)
        #expect(try client.post(target, ["format": "DOCKER"]).status == 409)
        #expect(try client.post("\(location)/repositories?repositoryId=Upper", ["format": "DOCKER"]).status == 400)
        #expect(test.violations.isEmpty)
        #expect(try client.post(target, ["format": "BARREL"]).status == 400)
        #expect(test.violations.count == 1)
    }

    @Test(arguments: [
        ("asia-docker.pkg.dev/p/r/i:v1", "asia", "r", "i", "v1"), ("us-docker.pkg.dev/p/r/i", "us", "r", "i", "latest"),
        ("us-docker.pkg.dev/p/r", "us", "r", nil, "latest"),
    ])
    func referencesAreRead(text: String, location: String, repository: String, package: String?, tag: String) throws {
        let image = try #require(ImageReference(text))
        #expect(image.location == location && image.repository == repository)
        #expect(image.package == package && image.tag == tag && image.project == "p")
    }

    @Test(arguments: [
        "docker.io/p/r/i", "us-docker.pkg.dev/p", "us-docker.pkg.dev/p/r/i/j", "us-docker.pkg.dev/p/r/:v", "",
    ])
    func otherNamesAreNone(text: String) {
        #expect(ImageReference(text) == nil)
    }
}

import Testing
import Transport

@testable import GoogleCloud

@Suite("Secret Manager")
struct SecretTests {
    private static let secret = SecretName(project: "p", name: "tardis-api-key")

    @Test(
        "Names",
        arguments: [
            ("key", "projects/p/secrets/key/versions/latest"),
            ("projects/42/secrets/key", "projects/42/secrets/key/versions/latest"),
            ("projects/42/secrets/key/versions/7", "projects/42/secrets/key/versions/7"),
            ("", nil), ("a/b", nil), ("a b", nil), ("projects//secrets/key", nil), ("projects/p/secrets/", nil),
            ("projects/p/secrets/key/versions/x", nil), ("projects/p/keys/key", nil), ("key\n", nil),
        ] as [(String, String?)]
    )
    func names(text: String, resource: String?) {
        #expect(SecretName(text, project: "p")?.resource == resource)
    }

    @Test("Look up, create, add, read, list: the requests")
    func requests() async throws {
        // CRC-32C of 123456789 is 0xE3069283.
        let crc = "3808858755"
        let script = ScriptedAnswers([
            refusal(404, "NOT_FOUND", "Secret not found"), (200, "{\"name\":\"projects/42/secrets/tardis-api-key\"}"),
            (200, "{\"name\":\"projects/42/secrets/tardis-api-key/versions/1\",\"state\":\"ENABLED\"}"),
            (
                200,
                """
                {"name":"projects/42/secrets/tardis-api-key/versions/3",\
                "payload":{"data":"MTIzNDU2Nzg5","dataCrc32c":"\(crc)"}}
                """
            ),
            (
                200,
                """
                {"versions":[{"name":"projects/42/secrets/tardis-api-key/versions/3","state":"DISABLED"},\
                {"name":"projects/42/secrets/tardis-api-key/versions/2","state":"ENABLED"}]}
                """
            ), (200, "{}"), (200, "{}"),
        ])
        let client = SecretManagerClient(api: script.api())
        #expect(try await client.exists(Self.secret) == false)
        try await client.create(Self.secret)
        #expect(try await client.addVersion(Secret("123456789"), to: Self.secret).version == "1")
        let read = try await client.access(Self.secret)
        #expect(read.payload.reveal() == "123456789")
        #expect(read.version.resource == "projects/42/secrets/tardis-api-key/versions/3")
        #expect(try await client.latestEnabledVersion(Self.secret)?.version == "2")
        #expect(try await client.latestEnabledVersion(Self.secret) == nil)
        #expect(try await client.exists(Self.secret))
        let root = "http://secretmanager/v1/projects/p/secrets"
        #expect(
            script.requests == [
                "GET \(root)/tardis-api-key",
                "POST \(root)?secretId=tardis-api-key {\"replication\":{\"automatic\":{}}}",
                "POST \(root)/tardis-api-key:addVersion "
                    + "{\"payload\":{\"data\":\"MTIzNDU2Nzg5\",\"dataCrc32c\":\"\(crc)\"}}",
                "GET \(root)/tardis-api-key/versions/latest:access",
                "GET \(root)/tardis-api-key/versions?filter=state%3AENABLED&pageSize=25",
                "GET \(root)/tardis-api-key/versions?filter=state%3AENABLED&pageSize=25",
                "GET \(root)/tardis-api-key",
            ]
        )
    }

    @Test("A text that does not match its checksum is not used, and is not in the error")
    func checksum() async {
        let script = ScriptedAnswers([
            (
                200,
                "{\"name\":\"projects/42/secrets/k/versions/3\",\"payload\":{\"data\":\"MTIz\",\"dataCrc32c\":\"1\"}}"
            )
        ])
        let error = await #expect(throws: GoogleAPIError.self) {
            try await SecretManagerClient(api: script.api()).access(Self.secret)
        }
        #expect(error?.kind == .malformed)
        #expect(error?.description.contains("123") == false && error?.description.contains("MTIz") == false)
    }

    @Test("The policy of a secret")
    func policy() async throws {
        let script = ScriptedAnswers([(200, "{\"etag\":\"ACAB\"}"), (200, "{\"etag\":\"ACAC\"}")])
        try await SecretManagerClient(api: script.api()).iam(Self.secret).updatePolicy {
            $0.adding("serviceAccount:s", to: "roles/secretmanager.secretAccessor")
        }
        #expect(
            script.requests == [
                "GET http://secretmanager/v1/projects/p/secrets/tardis-api-key:getIamPolicy"
                    + "?options.requestedPolicyVersion=3",
                "POST http://secretmanager/v1/projects/p/secrets/tardis-api-key:setIamPolicy "
                    + "{\"policy\":{\"bindings\":[{\"members\":[\"serviceAccount:s\"],"
                    + "\"role\":\"roles/secretmanager.secretAccessor\"}],\"etag\":\"ACAB\",\"version\":3}}",
            ]
        )
    }
}

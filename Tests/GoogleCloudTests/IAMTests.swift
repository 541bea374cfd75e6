import FoundationEssentials
import Synchronization
import Testing
import Transport

@testable import GoogleCloud

@Suite("IAM policies")
struct IAMTests {
    private static let member = "serviceAccount:sa@p.iam.gserviceaccount.com"
    /// A policy with a conditional twin, foreign members and a field of tomorrow.
    private static let read = """
        {"version":3,"etag":"BwX1","auditConfigs":[{"service":"allServices"}],"bindings":[\
        {"role":"roles/owner","members":["user:o@example.com"]},\
        {"role":"roles/storage.objectAdmin","members":["user:a@example.com"],"condition":{"title":"t","expression":"e",\
        "location":"here","weight":1.5}},\
        {"role":"roles/storage.objectAdmin","members":["user:b@example.com"],"note":{"deep":[1,true,null]}}]}
        """

    private func policy(_ text: String) throws -> IAMPolicy {
        try JSONDecoder().decode(IAMPolicy.self, from: Data(text.utf8))
    }

    @Test("Adding touches only the unconditional binding, and everything else is written as read")
    func adding() throws {
        let before = try policy(Self.read)
        let after = before.adding(Self.member, to: "roles/storage.objectAdmin").adding(Self.member, to: "roles/new")
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        #expect(
            String(decoding: try encoder.encode(after), as: UTF8.self) == """
                {"bindings":[\
                {"members":["user:o@example.com"],"role":"roles/owner"},\
                {"condition":{"expression":"e","location":"here","title":"t","weight":1.5},\
                "members":["user:a@example.com"],"role":"roles/storage.objectAdmin"},\
                {"members":["user:b@example.com","\(Self.member)"],"note":{"deep":[1,true,null]},\
                "role":"roles/storage.objectAdmin"},\
                {"members":["\(Self.member)"],"role":"roles/new"}],"etag":"BwX1","version":3}
                """
        )
        #expect(after.adding(Self.member, to: "roles/new") == after)
        #expect(
            after.removing(Self.member, from: "roles/storage.objectAdmin").removing(Self.member, from: "roles/new")
                == before
        )
    }

    @Test("A role under a condition only is missing; a condition of one's own is another binding")
    func conditions() throws {
        let held = IAMCondition(title: "t", expression: "e")
        let policy = IAMPolicy(bindings: [IAMBinding(role: "r", members: [Self.member], condition: held)], etag: "x")
        #expect(policy.missing(["r"], for: Self.member) == ["r"])
        #expect(policy.grants("r", to: Self.member, condition: held))
        #expect(!policy.grants("r", to: Self.member, condition: IAMCondition(title: "t", expression: "other")))
        #expect(policy.bindings(of: Self.member).count == 1)
        #expect(policy.removing(Self.member, from: "r") == policy)
        #expect(policy.removing(Self.member, from: "r", condition: held).bindings.isEmpty)
    }

    @Test("A project's policy is read at version 3 and written with its etag, once")
    func project() async throws {
        let script = ScriptedAnswers([(200, Self.read), (200, "{\"etag\":\"BwX2\",\"bindings\":[]}")])
        let change = try await ResourceManagerClient(api: script.api()).iam("my-p").updatePolicy {
            $0.adding(Self.member, to: "roles/owner")
        }
        #expect(change.isWritten && change.after.etag == "BwX2")
        #expect(
            script.requests[0]
                == "POST http://cloudresourcemanager/v1/projects/my-p:getIamPolicy {\"options\":{\"requestedPolicyVersion\":3}}"
        )
        #expect(
            script.requests[1].hasPrefix(
                "POST http://cloudresourcemanager/v1/projects/my-p:setIamPolicy {\"policy\":{\"bindings\":"
            )
        )
        #expect(script.requests[1].hasSuffix("\"etag\":\"BwX1\",\"version\":3}}"))
        #expect(script.requests.count == 2)
    }

    @Test("Nothing missing, nothing written")
    func nothingMissing() async throws {
        let script = ScriptedAnswers([(200, Self.read), (200, Self.read)])
        let project = ResourceManagerClient(api: script.api()).iam("p")
        #expect(
            try await project.updatePolicy { $0.adding("user:o@example.com", to: "roles/owner") }.isWritten == false
        )
        #expect(try await project.updatePolicy { _ in nil }.isWritten == false)
    }

    @Test("A lost race begins with reading again, after a growing pause; without end it is a conflict")
    func race() async throws {
        let time = FakeTime()
        let lost = refusal(409, "ABORTED", "There were concurrent policy changes.")
        let other = "{\"etag\":\"BwX9\",\"bindings\":[{\"role\":\"roles/x\",\"members\":[\"user:x@example.com\"]}]}"
        let script = ScriptedAnswers([(200, Self.read), lost, (200, other), lost, (200, other), (200, other)])
        let change = try await ResourceManagerClient(api: script.api(time)).iam("p").updatePolicy {
            $0.adding(Self.member, to: "r")
        }
        #expect(change.before.etag == "BwX1")
        #expect(script.requests[5].contains("user:x@example.com") && script.requests[5].contains("BwX9"))
        #expect(!script.requests[5].contains("user:o@example.com"))
        #expect(time.slept.withLock { $0.count } == 2)

        let endless = ScriptedAnswers((0..<4).flatMap { _ in [(200, Self.read), lost] })
        let error = await #expect(throws: GoogleAPIError.self) {
            try await ResourceManagerClient(api: endless.api()).iam("p").updatePolicy {
                $0.adding(Self.member, to: "r")
            }
        }
        #expect(error?.kind == .conflict)
        #expect(error?.operation == "change the IAM policy of project p")
    }

    @Test("A policy without an etag is not written")
    func noETag() async {
        let script = ScriptedAnswers([(200, "{}")])
        let error = await #expect(throws: GoogleAPIError.self) {
            try await ResourceManagerClient(api: script.api()).iam("p").updatePolicy { $0.adding(Self.member, to: "r") }
        }
        #expect(error?.kind == .invalid)
    }

    @Test("A refused write names the permission")
    func refused() async {
        let script = ScriptedAnswers([
            (200, Self.read), refusal(403, "PERMISSION_DENIED", "The caller does not have permission"),
        ])
        let error = await #expect(throws: GoogleAPIError.self) {
            try await ResourceManagerClient(api: script.api()).iam("p").updatePolicy { $0.adding(Self.member, to: "r") }
        }
        #expect(error?.permission == "resourcemanager.projects.setIamPolicy")
    }

    @Test("A bucket's policy, with 412 as the lost race")
    func bucket() async throws {
        let script = ScriptedAnswers([
            (200, Self.read), (412, "{\"error\":{\"message\":\"precondition\"}}"), (200, Self.read), (200, Self.read),
        ])
        let store = GCSStore(
            bucket: "b",
            transport: script,
            tokens: AnonymousTokens(),
            endpoint: "http://storage",
            clock: FakeTime().clock
        )
        #expect(try await store.iam.updatePolicy { $0.adding(Self.member, to: "r") }.isWritten)
        #expect(script.requests[2] == "GET http://storage/storage/v1/b/b/iam?optionsRequestedPolicyVersion=3")
        #expect(script.requests[3].hasPrefix("PUT http://storage/storage/v1/b/b/iam {\"bindings\":["))
        #expect(script.requests[3].hasSuffix("\"etag\":\"BwX1\",\"version\":3}"))
    }

    @Test("A project, and what one may do in it")
    func lookUp() async throws {
        let script = ScriptedAnswers([
            (200, "{\"projectId\":\"p\",\"projectNumber\":\"42\",\"lifecycleState\":\"ACTIVE\"}"),
            (200, "{\"permissions\":[\"a.b.c\"]}"), (200, "{}"), refusal(403, "PERMISSION_DENIED", "no"),
        ])
        let client = ResourceManagerClient(api: script.api())
        #expect(try await client.project("p") == CloudProject(id: "p", number: "42"))
        #expect(try await client.testPermissions(["a.b.c", "d.e.f"], project: "p") == ["a.b.c"])
        #expect(try await client.testPermissions(["a.b.c"], project: "p").isEmpty)
        let error = await #expect(throws: GoogleAPIError.self) { try await client.project("p") }
        #expect(error?.permission == "resourcemanager.projects.get")
        #expect(script.requests[0] == "GET http://cloudresourcemanager/v1/projects/p")
        #expect(
            script.requests[1]
                == "POST http://cloudresourcemanager/v1/projects/p:testIamPermissions {\"permissions\":[\"a.b.c\",\"d.e.f\"]}"
        )
    }
}

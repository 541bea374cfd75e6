import Sandbox
import Testing
import Text

private let project = "/v1/projects/central-element-323112"

@Suite struct ResourceManagerTests {
    private let test: TestWorld
    private let client: ControlClient

    init() throws {
        test = try TestWorld()
        client = try test.control(test.world.resourceManagerServer)
    }

    private func policy(version: Int = 3) throws -> JSONObject {
        let body: JSONValue = ["options": ["requestedPolicyVersion": .integer(version)]]
        return try #require(try client.post("\(project):getIamPolicy", body).json.object)
    }

    private func set(_ policy: JSONObject) throws -> Answer {
        try client.post("\(project):setIamPolicy", ["policy": .object(policy)])
    }

    private func binding(_ role: String, _ members: String..., condition: JSONValue? = nil) -> JSONValue {
        var fields: JSONObject = ["role": .string(role), "members": .array(members.map(JSONValue.string))]
        fields["condition"] = condition
        return .object(fields)
    }

    private func adding(_ binding: JSONValue) throws -> JSONObject {
        var changed = try policy()
        changed["bindings"] = .array((changed["bindings"]?.array ?? []) + [binding])
        changed["version"] = 3
        return changed
    }

    private let condition: JSONValue = [
        "title": "until", "expression": "request.time < timestamp('2030-01-01T00:00:00Z')",
    ]

    // MARK: reading and writing

    @Test func aBindingIsAddedAndTheRestStays() throws {
        let before = try policy()["bindings"]?.array ?? []
        let new = binding("roles/storage.objectAdmin", "serviceAccount:\(test.world.project.serviceAccount)")
        let answer = try set(adding(new))
        #expect(answer.status == 200)
        #expect(answer.json["bindings"] == .array(before + [new]))
        #expect(try policy()["bindings"] == answer.json["bindings"])
        #expect(test.violations.isEmpty)
    }

    @Test func aStaleEtagIsAbortedAndNothingChanges() throws {
        let stale = try policy()
        #expect(try set(adding(binding("roles/viewer", "user:a@example.com"))).status == 200)
        let before = try policy()
        let answer = try set(stale)
        #expect(answer.status == 409)
        #expect(answer.errorWord == "ABORTED")
        #expect(
            answer.message.hasPrefix("There were concurrent policy changes. Please retry the whole read-modify-write")
        )
        #expect(try policy() == before)
    }

    @Test func anEtagInTheOtherAlphabetIsTheSame() throws {
        for _ in 0..<64 {
            var changed = try policy()
            let etag = changed["etag"]?.string ?? ""
            changed["etag"] = .string(etag.replacing("+", with: "-").replacing("/", with: "_"))
            #expect(try set(changed).status == 200)
        }
    }

    @Test func someoneElseIsFasterAsOftenAsAsked() throws {
        test.world.resourceManager.race(times: 2)
        let new = binding("roles/viewer", "user:a@example.com")
        #expect(try set(adding(new)).status == 409)
        #expect(try set(adding(new)).status == 409)
        #expect(try set(adding(new)).status == 200)
        let strangers = try policy()["bindings"]?.array?.first { $0["role"] == "roles/browser" }
        #expect(strangers?["members"]?.array?.count == 2)
    }

    @Test func onlyTheFieldsOfTheMaskAreWritten() throws {
        let body: JSONValue = [
            "policy": ["auditConfigs": [["service": "allServices", "auditLogConfigs": [["logType": "DATA_READ"]]]]],
            "updateMask": "auditConfigs",
        ]
        let bindings = try policy()["bindings"]
        #expect(try client.post("\(project):setIamPolicy", body).status == 200)
        #expect(try policy()["bindings"] == bindings)
        #expect(try set(adding(binding("roles/viewer", "user:a@example.com"))).status == 200)
        #expect(try policy()["auditConfigs"]?.array?.count == 1)
    }

    // MARK: conditions and versions

    @Test func oldReadersSeeNoConditionAndCannotLoseOne() throws {
        #expect(try policy()["version"] == 1)
        #expect(try set(adding(binding("roles/viewer", "user:a@example.com", condition: condition))).status == 200)
        #expect(try policy()["version"] == 3)
        var old = try policy(version: 1)
        #expect(old["version"] == 1)
        let shown = try #require(old["bindings"]?.array?.last)
        #expect(shown["role"]?.string?.hasPrefix("roles/viewer_withcond_") == true && shown["condition"] == nil)
        let answer = try set(old)
        #expect(answer.status == 400)
        #expect(answer.message.contains("version (1) cannot be less than the existing policy version (3)"))
        old["version"] = 3
        #expect(try set(old).message.contains("_withcond_"))
        #expect(try policy()["bindings"]?.array?.last?["condition"] == condition)
    }

    @Test func aConditionNeedsVersion3() throws {
        var changed = try adding(binding("roles/viewer", "user:a@example.com", condition: condition))
        changed["version"] = 1
        #expect(try set(changed).status == 400)
    }

    @Test func withAndWithoutConditionAreTwoBindings() throws {
        #expect(try set(adding(binding("roles/viewer", "user:a@example.com", condition: condition))).status == 200)
        #expect(try set(adding(binding("roles/viewer", "user:a@example.com"))).status == 200)
        #expect(try set(adding(binding("roles/viewer", "user:b@example.com", "user:a@example.com"))).status == 200)
        let viewers = try policy()["bindings"]?.array?.filter { $0["role"] == "roles/viewer" } ?? []
        #expect(viewers.count == 2)
        #expect(viewers.last?["members"] == ["user:a@example.com", "user:b@example.com"])
    }

    // MARK: what is refused

    @Test(arguments: [
        ("user:a@example.com", 200), ("group:g@example.com", 200), ("domain:example.com", 200),
        ("serviceAccount:x@other-project.iam.gserviceaccount.com", 200), ("a@example.com", 400), ("user:a", 400),
        ("user:", 400), ("robot:a@example.com", 400), ("allUsers", 400), ("allAuthenticatedUsers", 400),
        ("serviceAccount:typo@central-element-323112.iam.gserviceaccount.com", 400),
    ])
    func membersAreChecked(member: String, status: Int) throws {
        #expect(try set(adding(binding("roles/viewer", member))).status == status)
        #expect(test.violations.isEmpty)
    }

    @Test func theOwnerStays() throws {
        var changed = try policy()
        changed["bindings"] = [binding("roles/viewer", "user:a@example.com")]
        #expect(try set(changed).status == 400)
        #expect(try policy()["bindings"]?.array?.count == 3)
    }

    @Test func unknownRolesFieldsAndVersionsAreRefused() throws {
        #expect(try set(adding(binding("viewer", "user:a@example.com"))).status == 400)
        #expect(try set(adding(binding("roles/viewer"))).status == 400)
        #expect(try client.post("\(project):getIamPolicy", ["options": ["requestedPolicyVersion": 2]]).status == 400)
        #expect(test.violations.isEmpty)
        #expect(try client.post("\(project):getIamPolicy", ["requestedPolicyVersion": 3]).status == 400)
        #expect(test.violations.count == 1)
    }

    // MARK: who may

    @Test func tokensAreAskedFor() throws {
        for token in ["", "nonsense"] {
            client.token = token
            #expect(try client.get(project).status == 401)
        }
    }

    @Test func anotherProjectIsNotOurs() throws {
        let answer = try client.get("/v1/projects/somebody-elses")
        #expect(answer.status == 403)
        #expect(answer.errorWord == "PERMISSION_DENIED")
        #expect(try client.get("/v1/projects/1060025368044").json["projectId"] == "central-element-323112")
    }

    @Test func deniedPermissionsAreNamedAndNotGranted() throws {
        test.world.project.deny("resourcemanager.projects.setIamPolicy")
        let permissions: JSONValue = [
            "permissions": ["resourcemanager.projects.setIamPolicy", "resourcemanager.projects.getIamPolicy"]
        ]
        #expect(
            try client.post("\(project):testIamPermissions", permissions).json
                == ["permissions": ["resourcemanager.projects.getIamPolicy"]]
        )
        let answer = try set(adding(binding("roles/viewer", "user:a@example.com")))
        #expect(answer.status == 403)
        #expect(answer.message.contains("'resourcemanager.projects.setIamPolicy'"))
        test.world.project.allow("resourcemanager.projects.setIamPolicy")
        #expect(try set(adding(binding("roles/viewer", "user:a@example.com"))).status == 200)
    }
}

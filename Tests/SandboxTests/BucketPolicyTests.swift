import Sandbox
import Testing
import Text

@Suite struct BucketPolicyTests {
    private let test: TestWorld
    private let client: ControlClient
    private let iam = "/storage/v1/b/market/iam"

    init() throws {
        test = try TestWorld()
        client = try test.control(test.world.storageServer)
    }

    @Test func aBucketsPolicyIsReadAndWritten() throws {
        var policy = try #require(try client.get("\(iam)?optionsRequestedPolicyVersion=3").json.object)
        #expect(policy["kind"] == "storage#policy" && policy["resourceId"] == "projects/_/buckets/market")
        let member = JSONValue.string("serviceAccount:\(test.world.project.serviceAccount)")
        let new: JSONValue = ["role": "roles/storage.objectAdmin", "members": [member]]
        policy["bindings"] = .array((policy["bindings"]?.array ?? []) + [new])
        let answer = try client.put(iam, .object(policy))
        #expect(answer.status == 200 && answer.json["bindings"]?.array?.last == new)
        #expect(try client.put(iam, .object(policy)).status == 412)
        #expect(try client.get(iam).json["bindings"] == answer.json["bindings"])
        #expect(try client.get("/storage/v1/b/other/iam").status == 404)
        #expect(test.violations.isEmpty)
    }

    @Test func deniedPermissionsAreNamed() throws {
        test.world.project.deny("storage.buckets.get")
        let answer = try client.get("/storage/v1/b/market")
        #expect(answer.status == 403 && answer.message.contains("'storage.buckets.get'"))
        let path = "\(iam)/testPermissions?permissions=storage.buckets.get&permissions=storage.objects.create"
        #expect(try client.get(path).json["permissions"] == ["storage.objects.create"])
        #expect(try client.get("/storage/v1/b/market/o").status == 200)
    }

    @Test func aTokenThatIsSentMustBeGood() throws {
        #expect(try client.get("/storage/v1/b/market").status == 200)
        client.token = "old"
        #expect(try client.get("/storage/v1/b/market").status == 401)
        client.token = ""
        #expect(try client.get("/storage/v1/b/market").status == 200)
    }
}

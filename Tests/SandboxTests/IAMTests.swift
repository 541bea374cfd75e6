@testable import Sandbox
import Testing
import Text

@Suite struct IAMTests {
    private let test: TestWorld
    private let client: ControlClient
    private let account: String

    init() throws {
        let apis = CloudProject.preparedAPIs + ["iamcredentials.googleapis.com"]
        test = try TestWorld { $0.project = CloudProject(enabled: apis) }
        client = try test.control(test.world.iamServer)
        account = test.world.project.serviceAccount
    }

    private var path: String { "/v1/projects/-/serviceAccounts/\(account)" }

    private func tested(_ client: ControlClient) throws -> JSONValue? {
        let asked: JSONValue = ["permissions": ["iam.serviceAccounts.actAs"]]
        return try client.post("\(path):testIamPermissions", asked).json["permissions"]
    }

    @Test func whoMayActAsAnAccountIsTold() throws {
        #expect(try tested(client) == ["iam.serviceAccounts.actAs"])
        test.world.project.deny("iam.serviceAccounts.actAs")
        #expect(try tested(client) == nil)
        #expect(test.violations.isEmpty)
    }

    @Test func aMachineMayActAsWhatItWasGranted() throws {
        let machine = try ControlClient(test.world.iamServer, token: test.machineToken)
        #expect(try tested(machine) == nil)
        let member = JSONValue.string("serviceAccount:\(account)")
        let policy: JSONValue = ["bindings": [["role": "roles/iam.serviceAccountUser", "members": [member]]]]
        #expect(try client.post("\(path):setIamPolicy", ["policy": policy]).status == 200)
        #expect(try client.post("\(path):getIamPolicy").json["bindings"]?.array?.count == 1)
        #expect(try tested(machine) == ["iam.serviceAccounts.actAs"])
    }

    @Test func accountsAreListedAndOthersUnknown() throws {
        let list = try client.get("/v1/projects/central-element-323112/serviceAccounts").json
        #expect(list["accounts"]?.array?.first?["email"]?.string == account)
        #expect(try client.get(path).json["email"]?.string == account)
        let other = try client.get("/v1/projects/-/serviceAccounts/nobody@example.com")
        #expect(other.status == 404 && other.errorWord == "NOT_FOUND" && other.message == "Unknown service account")
        #expect(try client.get("/v1/projects/other/serviceAccounts").status == 403)
    }

    @Test func whoMayImpersonateGetsATokenOfTheAccount() throws {
        let credentials = try test.control(test.world.iamCredentialsServer)
        let body: JSONValue = ["scope": [.string(AccessTokens.cloudPlatform)], "lifetime": "600s"]
        let answer = try credentials.post("\(path):generateAccessToken", body)
        let token = try #require(answer.json["accessToken"]?.string)
        #expect(test.world.project.tokens.grant(for: "Bearer \(token)")?.account == account)
        #expect(answer.json["expireTime"]?.string?.hasSuffix("Z") == true)
        #expect(try credentials.post("\(path):generateAccessToken", ["lifetime": "600s"]).status == 400)
        test.world.project.deny("iam.serviceAccounts.getAccessToken")
        let denied = try credentials.post("\(path):generateAccessToken", body)
        #expect(denied.status == 403 && denied.reason == "IAM_PERMISSION_DENIED")
        #expect(
            denied.message.hasPrefix("Permission 'iam.serviceAccounts.getAccessToken' denied on resource")
        )
        #expect(test.violations.isEmpty)
    }
}

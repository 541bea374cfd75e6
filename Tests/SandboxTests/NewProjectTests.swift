@testable import Sandbox
import Testing
import Text

/// What is off in a new project, and what takes time.
@Suite struct NewProjectTests {
    private let number = 1_060_025_368_044

    private func answers(_ test: TestWorld, token: String) throws -> [(api: String, title: String, answer: Answer)] {
        let project = "projects/\(test.world.project.id)"
        func client(_ server: SandboxServer) throws -> ControlClient { try ControlClient(server, token: token) }
        let world = test.world
        return [
            (
                "compute.googleapis.com", "Compute Engine API",
                try client(world.computeServer).get("/compute/v1/\(project)/zones")
            ),
            (
                "secretmanager.googleapis.com", "Secret Manager API",
                try client(world.secretManagerServer).get("/v1/\(project)/secrets")
            ),
            (
                "artifactregistry.googleapis.com", "Artifact Registry API",
                try client(world.artifactRegistryServer).get("/v1/\(project)/locations/us-central1/repositories")
            ),
            (
                "cloudbuild.googleapis.com", "Cloud Build API",
                try client(world.cloudBuildServer).get("/v1/\(project)/builds")
            ),
            (
                "cloudresourcemanager.googleapis.com", "Cloud Resource Manager API",
                try client(world.resourceManagerServer).post("/v1/\(project):getIamPolicy")
            ),
            (
                "iam.googleapis.com", "Identity and Access Management (IAM) API",
                try client(world.iamServer).get("/v1/\(project)/serviceAccounts")
            ),
        ]
    }

    private func keyToken(_ test: TestWorld) -> String {
        let project = test.world.project
        let scopes = [AccessTokens.cloudPlatform]
        let token = project.tokens.issue(to: project.serviceAccount, scopes: scopes, isMachine: false)
        return token["access_token"]?.string ?? ""
    }

    @Test func theAPIsOfTheRunbookAreOffAndSaySo() throws {
        let test = try TestWorld { $0.project = CloudProject(enabled: []) }
        for (api, title, answer) in try answers(test, token: keyToken(test)) {
            let page = "https://console.developers.google.com/apis/api/\(api)/overview?project=\(number)"
            #expect(answer.status == 403 && answer.errorWord == "PERMISSION_DENIED", "\(api)")
            #expect(
                answer.message
                    == "\(title) has not been used in project \(number) before or it is disabled. Enable it by visiting \(page) then retry. If you enabled this API recently, wait a few minutes for the action to propagate to our systems and retry."
            )
            let info = answer.json["error"]?["details"]?.array?.first { $0["reason"] == "SERVICE_DISABLED" }
            #expect(info?["metadata"]?["service"]?.string == api)
            #expect(info?["metadata"]?["consumer"]?.string == "projects/\(number)")
            let old = answer.json["error"]?["errors"]?.array?.first
            #expect(api == "compute.googleapis.com" ? old?["reason"] == "accessNotConfigured" : old == nil)
        }
        #expect(try test.storage().call("GET", "/storage/v1/b/market/o").status == 200)
        #expect(test.violations.isEmpty)
    }

    @Test func aUsersCallsToSomeCountOnGcloudsProject() throws {
        let test = try TestWorld { $0.project = CloudProject(enabled: []) }
        let user = test.world.operatorToken
        let open = try answers(test, token: user).filter { $0.answer.status == 200 }.map(\.api)
        #expect(open == ["cloudresourcemanager.googleapis.com", "iam.googleapis.com"])
        let client = try TestClient(test.world.resourceManagerServer)
        let headers = ["Authorization": "Bearer \(user)", "x-goog-user-project": test.world.project.id]
        let path = "/v1/projects/\(test.world.project.id):getIamPolicy"
        let answer = try client.call("POST", path, headers, json: [:])
        #expect(answer.status == 403 && answer.reason == "SERVICE_DISABLED")
    }

    @Test func anAPIThatWasJustEnabledIsStillRefused() throws {
        let test = try TestWorld { $0.project = CloudProject(enabled: []) }
        test.world.project.setDelays(apisMilliseconds: 300)
        let services = try test.control(test.world.serviceUsageServer)
        let path = "/v1/projects/\(test.world.project.id)/services/compute.googleapis.com"
        #expect(try services.post("\(path):enable").status == 200)
        #expect(try services.get(path).json["state"] == "ENABLED")
        let compute = try test.control(test.world.computeServer)
        let zones = "/compute/v1/projects/\(test.world.project.id)/zones"
        #expect(try compute.get(zones).reason == "SERVICE_DISABLED")
        waitUntil { (try? compute.get(zones).status) == 200 }
    }

    @Test func usersMayHaveToNameAProjectToCountOn() throws {
        let test = try TestWorld()
        test.world.project.requireQuotaProject()
        let client = try TestClient(test.world.resourceManagerServer)
        let path = "/v1/projects/\(test.world.project.id):getIamPolicy"
        var headers = ["Authorization": "Bearer \(test.world.operatorToken)"]
        let refused = try client.call("POST", path, headers, json: [:])
        #expect(refused.status == 403 && refused.reason == "SERVICE_DISABLED")
        #expect(
            refused.message
                == "Your application is authenticating by using local Application Default Credentials. The cloudresourcemanager.googleapis.com API requires a quota project, which is not set by default. To learn how to set your quota project, see https://cloud.google.com/docs/authentication/adc-troubleshooting/user-creds ."
        )
        headers["x-goog-user-project"] = "no-such-project"
        let denied = try client.call("POST", path, headers, json: [:])
        #expect(denied.status == 403 && denied.reason == "USER_PROJECT_DENIED")
        #expect(
            denied.message.hasPrefix(
                "Caller does not have required permission to use project no-such-project. Grant the caller the roles/serviceusage.serviceUsageConsumer role"
            )
        )
        headers["x-goog-user-project"] = test.world.project.id
        #expect(try client.call("POST", path, headers, json: [:]).status == 200)
        test.world.project.deny("serviceusage.services.use")
        #expect(try client.call("POST", path, headers, json: [:]).reason == "USER_PROJECT_DENIED")
        let key = ["Authorization": "Bearer \(keyToken(test))"]
        #expect(try client.call("POST", path, key, json: [:]).status == 200)
        #expect(test.violations.isEmpty)
    }

    @Test func aMachineHasNothingBeforeItIsGranted() throws {
        let test = try TestWorld()
        let machine = test.machineToken
        let account = test.world.project.serviceAccount
        let storage = try ControlClient(test.world.storageServer, token: machine)
        let list = try storage.get("/storage/v1/b/market/o")
        #expect(list.status == 403)
        #expect(
            list.message
                == "\(account) does not have storage.objects.list access to the Google Cloud Storage bucket. Permission 'storage.objects.list' denied on resource (or it may not exist)."
        )
        let compute = try ControlClient(test.world.computeServer, token: machine)
        let vm = "projects/\(test.world.project.id)/zones/asia-northeast1-a/instances/vm"
        let delete = try compute.delete("/compute/v1/\(vm)")
        #expect(delete.status == 403 && delete.message == "Required 'compute.instances.delete' permission for '\(vm)'")
        let registry = try ControlClient(test.world.artifactRegistryServer, token: machine)
        let repository = "/v1/projects/\(test.world.project.id)/locations/us-central1/repositories/r"
        #expect(try registry.get(repository).reason == "IAM_PERMISSION_DENIED")

        let permissions = "permissions=storage.objects.list&permissions=storage.buckets.get"
        let asked = "/storage/v1/b/market/iam/testPermissions?\(permissions)"
        #expect(try storage.get(asked).json["permissions"] == nil)
        try test.grant("roles/storage.objectAdmin")
        #expect(try storage.get(asked).json["permissions"] == ["storage.objects.list"])
        try test.grant("roles/compute.instanceAdmin")
        try test.grant("roles/artifactregistry.reader")
        #expect(try storage.get("/storage/v1/b/market/o").status == 200)
        #expect(try compute.delete("/compute/v1/\(vm)").status == 404)
        #expect(try registry.get(repository).status == 404)
        #expect(try storage.get("/storage/v1/b/market").status == 403)
    }

    @Test func whoMayOnlyCreateReplacesNothing() throws {
        let test = try TestWorld()
        try test.grant("roles/storage.objectCreator")
        let client = try test.storage()
        let headers = ["Authorization": "Bearer \(test.machineToken)", "Content-Type": "text/plain"]
        let target = "/upload/storage/v1/b/market/o?uploadType=media&name=a"
        #expect(try client.call("POST", target, headers, body: [1]).status == 200)
        let second = try client.call("POST", target, headers, body: [2])
        #expect(second.status == 403 && second.message.contains("does not have storage.objects.delete access"))
    }

    @Test func aGrantTakesItsTime() throws {
        let test = try TestWorld()
        test.world.project.setDelays(grantsMilliseconds: 300)
        let storage = try ControlClient(test.world.storageServer, token: test.machineToken)
        try test.grant("roles/storage.objectAdmin")
        #expect(try storage.get("/storage/v1/b/market/o").status == 403)
        waitUntil { (try? storage.get("/storage/v1/b/market/o").status) == 200 }
        // What was granted before stays granted when the policy is written again.
        try test.grant("roles/artifactregistry.reader")
        #expect(try storage.get("/storage/v1/b/market/o").status == 200)
    }

    @Test func theDefaultNetworkMayBeDeleted() throws {
        let world = try ComputeWorld { $0.hasDefaultNetwork = false }
        let answer = try world.post("/instances/bulkInsert", ComputeWorld.bulkBody(["a"]))
        #expect(answer.status == 400)
        #expect(
            answer.message
                == "Invalid value for field 'resource.instanceProperties.networkInterfaces[0].network': 'global/networks/default'. The referenced network resource cannot be found."
        )
    }
}

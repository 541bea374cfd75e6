@testable import Sandbox
import Testing
import Text

/// What an organisation forbids, in the words in which Google tells it.
@Suite struct OrgPolicyTests {
    private func world(_ policies: String...) throws -> ComputeWorld {
        try ComputeWorld { $0.orgPolicies = try policies.map(OrgPolicy.init(parsing:)) }
    }

    /// Asks by bulkInsert and by insert; the message, after a look at the rest.
    private func refusals(_ world: ComputeWorld, _ changes: [(String, JSONValue)] = []) throws -> [String] {
        let answers = [
            try world.post("/instances/bulkInsert", ComputeWorld.bulkBody(["vm-1"], changes)),
            try world.post("/instances", ComputeWorld.body("vm-1", changes)),
        ]
        for answer in answers {
            #expect(answer.status == 412 && answer.json["error"]?["code"] == 412)
            for error in answer.json["error"]?["errors"]?.array ?? [] {
                #expect(error["reason"] == "conditionNotMet" && error["domain"] == "global")
            }
        }
        #expect(world.service.instances.isEmpty)
        #expect(answers[0].message == answers[1].message)
        return (answers[0].json["error"]?["errors"]?.array ?? []).compactMap { $0["message"]?.string }
    }

    private let external: [(String, JSONValue)] = [
        (
            "networkInterfaces",
            [["network": "global/networks/default", "accessConfigs": [["name": "nat", "type": "ONE_TO_ONE_NAT"]]]]
        )
    ]

    @Test func vmsMustBeShielded() throws {
        let world = try world("compute.requireShieldedVm")
        #expect(
            try refusals(world) == [
                "Constraint constraints/compute.requireShieldedVm violated for project projects/p-1. Secure Boot is not enabled in the 'shielded_instance_config' field. See https://cloud.google.com/resource-manager/docs/organization-policy/org-policy-constraints for more information."
            ]
        )
        let half: JSONValue = ["enableSecureBoot": true, "enableVtpm": false]
        #expect(try refusals(world, [("shieldedInstanceConfig", half)]).count == 1)
        let whole: JSONValue = ["enableSecureBoot": true, "enableVtpm": true, "enableIntegrityMonitoring": true]
        #expect(try world.bulk(["vm-1"], [("shieldedInstanceConfig", whole)])["error"] == nil)
        #expect(try world.bulk(["vm-2"], [("shieldedInstanceConfig", ["enableSecureBoot": true])])["error"] == nil)
    }

    @Test func externalAddressesMayBeForbidden() throws {
        let world = try world("compute.vmExternalIpAccess=bastion")
        #expect(
            try refusals(world, external) == [
                "Constraint constraints/compute.vmExternalIpAccess violated for project 77. Add instance projects/p-1/zones/asia-northeast1-a/instances/vm-1 to the constraint to use external IP with it."
            ]
        )
        #expect(try world.bulk(["bastion"], external)["error"] == nil)
        #expect(try world.bulk(["vm-1"])["error"] == nil)
    }

    @Test func imagesMayComeFromTrustedProjectsOnly() throws {
        #expect(
            try refusals(try world("compute.trustedImageProjects=debian-cloud:cos-cloud")) == [
                "Constraint constraints/compute.trustedImageProjects violated for project p-1. Use of images from project ubuntu-os-cloud is prohibited."
            ]
        )
        let world = try world("compute.trustedImageProjects=debian-cloud:ubuntu-os-cloud")
        #expect(try world.bulk(["vm-1"])["error"] == nil)
    }

    @Test func vmsAreOnlyWhereTheyMayBe() throws {
        let world = try world("gcp.resourceLocations=us-central1")
        #expect(
            try refusals(world) == [
                "Location ZONE:asia-northeast1-a violates constraint constraints/gcp.resourceLocations on the resource projects/p-1/zones/asia-northeast1-a/instances/vm-1."
            ]
        )
        let region = "\(ComputeWorld.project)/regions/asia-northeast1"
        let address = try world.post("/addresses", ["name": "a"], in: region)
        #expect(address.status == 412)
        #expect(
            address.message
                == "Location REGION:asia-northeast1 violates constraint constraints/gcp.resourceLocations on the resource projects/p-1/regions/asia-northeast1/addresses/a."
        )
        #expect(try world.bulk(["vm-1"], in: "\(ComputeWorld.project)/zones/us-central1-a")["error"] == nil)
    }

    @Test func cloudNATMayBeForbidden() throws {
        let world = try world("compute.restrictCloudNATUsage")
        let nat: JSONValue = [
            "name": "nat", "natIpAllocateOption": "AUTO_ONLY",
            "sourceSubnetworkIpRangesToNat": "ALL_SUBNETWORKS_ALL_IP_RANGES",
        ]
        let router: JSONValue = ["name": "r", "network": "global/networks/default", "nats": [nat]]
        let region = "\(ComputeWorld.project)/regions/asia-northeast1"
        let answer = try world.post("/routers", router, in: region)
        #expect(
            answer.status == 412 && answer.message.hasPrefix("Constraint constraints/compute.restrictCloudNATUsage")
        )
        #expect(try world.get("/routers", in: region).json["items"] == nil)
    }

    @Test func everyBreachIsAnErrorOfItsOwn() throws {
        let world = try world("compute.requireShieldedVm", "compute.vmExternalIpAccess")
        #expect(try refusals(world, external).count == 2)
    }

    @Test func bucketsSecretsAndRepositoriesAreOnlyWhereTheyMayBe() throws {
        let policies: [OrgPolicy] = [.resourceLocations(["asia-northeast1"]), .uniformBucketLevelAccess]
        let apis = CloudProject.preparedAPIs + ["secretmanager.googleapis.com"]
        let test = try TestWorld { $0.project = CloudProject(enabled: apis, orgPolicies: policies) }
        let storage = try test.control(test.world.storageServer)
        let uniform: JSONValue = ["uniformBucketLevelAccess": ["enabled": true]]
        let inUS = try storage.post("/storage/v1/b?project=p", ["name": "new-one", "iamConfiguration": uniform])
        #expect(inUS.status == 412)
        #expect(inUS.message == "'us' violates constraint 'constraints/gcp.resourceLocations'")
        let open = try storage.post("/storage/v1/b?project=p", ["name": "new-one", "location": "asia-northeast1"])
        #expect(open.status == 412)
        #expect(open.message == "Request violates constraint 'constraints/storage.uniformBucketLevelAccess'")
        let good: JSONValue = ["name": "new-one", "location": "asia-northeast1", "iamConfiguration": uniform]
        #expect(try storage.post("/storage/v1/b?project=p", good).status == 200)

        let secrets = "/v1/projects/\(test.world.project.id)/secrets?secretId"
        let secretManager = try test.control(test.world.secretManagerServer)
        let global = try secretManager.post("\(secrets)=a", ["replication": ["automatic": [:]]])
        #expect(global.status == 400 && global.errorWord == "FAILED_PRECONDITION")
        #expect(global.message.contains("attempting to create a secret in [global]"))
        let near: JSONValue = ["replication": ["userManaged": ["replicas": [["location": "asia-northeast1"]]]]]
        #expect(try secretManager.post("\(secrets)=b", near).status == 200)

        let registry = try test.control(test.world.artifactRegistryServer)
        let repositories = "/v1/projects/\(test.world.project.id)/locations/us-central1/repositories?repositoryId=r"
        let answer = try registry.post(repositories, ["format": "DOCKER"])
        #expect(answer.status == 400 && answer.message.contains("constraints/gcp.resourceLocations"))
        #expect(test.violations.isEmpty)
    }

    @Test(arguments: ["", "compute.requireShieldedVm=yes", "gcp.resourceLocations", "compute.noSuch"])
    func otherPoliciesAreNone(text: String) {
        #expect(throws: SandboxError.self) { try OrgPolicy(parsing: text) }
    }
}

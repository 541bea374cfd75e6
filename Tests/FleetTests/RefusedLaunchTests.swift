import Common
import Console
import GoogleCloud
import Sandbox
import Testing

@testable import Fleet

/// Launches that Google refuses, in its own words, and what follows.
@Suite(.serialized) struct RefusedLaunchTests {
    private let a = "asia-northeast1-a"
    private let b = "asia-northeast1-b"

    @Test(arguments: ["", " as=operation", " as=operation min-count=alone", " as=operation min-count=none"])
    func aZoneWithoutCapacityIsLeftAtOnce(form: String) async throws {
        try await ExecuteWorld.run(["stock-out zone=asia-northeast1-a\(form)"]) { world in
            let outcome = try await world.launch(try world.order(3))
            #expect(outcome.status == .done && outcome.sentences == ["3 of 3 VMs are up (3 in \(b))"])
            #expect(world.changes.count { $0.hasSuffix("bulkInsert") } == 2)
        }
    }

    @Test func aQuotaIsReadFromTheVMsOwnOperations() async throws {
        try await ExecuteWorld.run(["quota metric=CPUS limit=4"]) { world in
            let order = try world.order(4) { $0.zones = .only([a]) }
            let outcome = try await world.launch(order)
            #expect(outcome.status == .temporary)
            #expect(outcome.sentences.first?.contains("2 of 4 VMs are up") == true)
        }
    }

    @Test(arguments: [
        ("compute.requireShieldedVm", "--shielded-vm"), ("compute.vmExternalIpAccess", "--egress shared"),
        ("gcp.resourceLocations=us-central1", "--zone"),
        ("compute.trustedImageProjects=debian-cloud", "--image-project"),
    ])
    func anOrganisationsPolicyEndsTheLaunchWithOneRequest(policy: String, remedy: String) async throws {
        let parsed = try OrgPolicy(parsing: policy)
        try await ExecuteWorld.run(adjust: { options in
            options.project = CloudProject(id: options.project.id, orgPolicies: [parsed])
        }) { world in
            let order = try world.order(2) { order in
                order.egress = .direct
                order.machine.isShielded = !policy.contains("Shielded")
            }
            let outcome = try await world.launch(order)
            #expect(outcome.status == .credentials)
            let said = outcome.sentences.joined()
            #expect(said.contains("constraints/\(policy.split(separator: "=")[0])") && said.contains(remedy), "\(said)")
            #expect(world.changes == ["POST instances/bulkInsert"])
        }
    }

    @Test func whetherVMsMayRunAsTheAccountIsAskedBeforeAnythingIsMade() async throws {
        try await ExecuteWorld.run { world in
            world.sandbox.project.deny("iam.serviceAccounts.actAs")
            let (findings, _) = await Preflight(spec: try world.order(), services: world.services).look()
            #expect(findings.status == .credentials)
            let text = findings.errors.map(\.text).joined()
            #expect(text.contains("iam.serviceAccounts.actAs") && text.contains("--role=roles/iam.serviceAccountUser"))
            #expect(world.changes == [])
        }
    }

    @Test func rolesThatNoPolicyHereShowsAreAWarning() async throws {
        try await ExecuteWorld.run { world in
            _ = try await world.services.projects.iam(world.sandbox.project.id)
                .updatePolicy { $0.removing(RequiredRoles.wide, for: RequiredRoles.member(ExecuteWorld.account)) }
            let (findings, facts) = await Preflight(spec: try world.order(2), services: world.services).look()
            #expect(findings.status == nil && facts != nil)
            let warning = findings.all.first { $0.check == "service account" }
            #expect(warning?.level == .warning && warning?.text.contains("unless a group, folder") == true)
        }
    }
}

import Testing
import Transport

@testable import GoogleCloud

private typealias Kind = GoogleAPIError.Kind

/// Refusals as Google's services write them, and what they mean.
private let refusals: [(Int, String, String, Kind)] = [
    (503, "insufficientCapacity", "There is not enough capacity for the request in zone z.", .stockOut),
    (503, "ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS", "The zone has not enough resources", .stockOut),
    (503, "backendError", "Backend Error", .server(503)),
    (
        412, "conditionNotMet",
        "Constraint constraints/compute.requireShieldedVm violated for project p. Secure Boot is not enabled in the 'shielded_instance_config' field.",
        .policy
    ),
    (
        412, "conditionNotMet", "Constraint constraints/gcp.resourceLocations violated for [orgpolicy:projects/p]",
        .policy
    ),
    (400, "failedPrecondition", "Operation denied by org policy: [constraints/sql.x]", .policy),
    (412, "conditionNotMet", "Supplied fingerprint does not match current metadata fingerprint.", .preconditionFailed),
    (
        400, "SERVICE_ACCOUNT_ACCESS_DENIED", "The user does not have access to service account 'sa@p'.  User: 'me'.",
        .permission
    ),
    (
        403, "forbidden", "Required 'compute.instances.create' permission for 'projects/p/zones/z/instances/v'",
        .permission
    ),
    (400, "resourceNotReady", "The resource 'projects/p/zones/z/instances/v' is not ready", .conflict),
    (400, "invalid", "Invalid value for field", .invalid),
]

@Suite struct APIRefusalTests {
    @Test(arguments: refusals)
    private func aRefusalMeans(status: Int, reason: String, message: String, kind: Kind) async {
        let body = """
            {"error":{"code":\(status),"message":"\(message)","errors":[{"message":"m","domain":"global","reason":"\(reason)"}]}}
            """
        let answers = ScriptedAnswers(Array(repeating: (status, body), count: kind == .server(503) ? 4 : 1))
        let error = await #expect(throws: GoogleAPIError.self) {
            _ = try await ComputeClient(answers.api(), project: "p").projectQuotas()
        }
        #expect(error?.kind == kind)
        if reason == "SERVICE_ACCOUNT_ACCESS_DENIED" { #expect(error?.permission == "iam.serviceAccounts.actAs") }
        if kind == .policy { #expect(error?.detail.contains("constraints/") == true) }
    }

    @Test(
        arguments: [
            ("Constraint constraints/compute.requireShieldedVm violated", "constraints/compute.requireShieldedVm"),
            ("by constraints/gcp.resourceLocations.", "constraints/gcp.resourceLocations"),
            ("'constraints/custom.a-b_C' x", "constraints/custom.a-b_C"), ("constraints/", nil), ("no constraint", nil),
        ] as [(String, String?)]
    )
    func theConstraintIsFoundInTheMessage(message: String, name: String?) {
        #expect(GoogleAPIError.constraint(in: message) == name)
    }

    @Test func whatTheCredentialsMayDoWithAnAccountIsAsked() async throws {
        let answers = ScriptedAnswers([(200, "{}"), (200, "{\"permissions\":[\"iam.serviceAccounts.actAs\"]}")])
        let client = ServiceAccountsClient(api: answers.api())
        let asked = ["iam.serviceAccounts.actAs"]
        #expect(try await client.testPermissions(asked, account: "sa@p.iam").isEmpty)
        #expect(try await client.testPermissions(asked, account: "sa@p.iam") == Set(asked))
        #expect(
            answers.requests.first
                == "POST http://iam/v1/projects/-/serviceAccounts/sa%40p.iam:testIamPermissions "
                + "{\"permissions\":[\"iam.serviceAccounts.actAs\"]}"
        )
    }

    @Test func theSettingsOfABucketAreReadAsFarAsTheyAreThere() async throws {
        let answers = ScriptedAnswers([
            (
                200,
                "{\"location\":\"US\",\"retentionPolicy\":{\"retentionPeriod\":\"3600\"},\"defaultEventBasedHold\":true}"
            ),
            (200, "{}"),
        ])
        let store = GCSStore(bucket: "b", transport: answers, tokens: AnonymousTokens())
        #expect(
            try await store.bucketSettings()
                == BucketSettings(location: "US", retentionSeconds: 3600, holdsNewObjects: true)
        )
        #expect(try await store.bucketSettings() == BucketSettings(location: nil))
    }
}

@testable import Fleet
import Console
import GoogleCloud
import Testing

/// The runbook's VM.
func shape(_ type: String = "e2-highmem-2", isPreemptible: Bool = true, hasExternalAddress: Bool = false)
    -> MachineShape
{
    MachineShape(
        machineType: type,
        diskGigabytes: 100,
        diskType: "pd-standard",
        isPreemptible: isPreemptible,
        hasExternalAddress: hasExternalAddress
    )
}

@Suite struct QuotaFitTests {
    private func fit(_ shape: MachineShape, _ quotas: [String: (Double, Double)], project: (Double, Double)? = nil)
        -> QuotaFit
    {
        QuotaFit(
            shape,
            region: "r",
            regionQuotas: quotas.map { ComputeQuota(metric: $0.key, limit: $0.value.0, usage: $0.value.1) },
            projectQuotas: project.map { [ComputeQuota(metric: "CPUS_ALL_REGIONS", limit: $0.0, usage: $0.1)] } ?? []
        )
    }

    @Test func theTightestQuotaIsNamed() throws {
        let result = fit(
            shape(hasExternalAddress: true),
            ["CPUS": (72, 2), "IN_USE_ADDRESSES": (8, 0), "INSTANCES": (720, 1), "DISKS_TOTAL_GB": (4_096, 96)]
        )
        #expect(result.count == 8)
        #expect(
            result.tightest?.description == "IN_USE_ADDRESSES in r is 8, of which 0 are used, and a VM takes 1"
        )
        #expect(result.lines.map(\.fits) == [35, 719, 8, 40])
    }

    @Test func nothingKnownLimitsNothing() {
        #expect(fit(shape(), [:]).count == nil)
    }

    @Test func overUsedIsNoRoomAndNotLess() {
        #expect(fit(shape(), ["CPUS": (24, 30)]).count == 0)
    }

    @Test(arguments: [
        // Never granted: ordinary ones count.
        (true, 0.0, 24.0, 12), (true, 100.0, 24.0, 50), (false, 100.0, 24.0, 12),
    ])
    func preemptibleCPUsCountWhereTheyWereGranted(isSpot: Bool, granted: Double, cpus: Double, count: Int) {
        let result = fit(shape(isPreemptible: isSpot), ["CPUS": (cpus, 0), "PREEMPTIBLE_CPUS": (granted, 0)])
        #expect(result.count == count)
    }

    @Test func familiesHaveTheirOwnLimits() {
        let quotas: [String: (Double, Double)] = ["CPUS": (24, 0), "N2_CPUS": (8, 0), "E2_CPUS": (10, 0)]
        #expect(fit(shape("n2-standard-4", isPreemptible: false), quotas).tightest?.metric == "N2_CPUS")
        #expect(fit(shape("n2-standard-4", isPreemptible: false), quotas).count == 2)
        #expect(fit(shape(isPreemptible: false), quotas).count == 5)
        #expect(fit(shape("c3-standard-4", isPreemptible: false), quotas).tightest?.metric == "CPUS")
        // Not granted is not 0.
        #expect(fit(shape(isPreemptible: false), ["CPUS": (24, 0), "E2_CPUS": (0, 0)]).count == 12)
    }

    @Test func theProjectsLimitCountsToo() {
        let result = fit(shape(), ["CPUS": (200, 0)], project: (32, 8))
        #expect(result.count == 12)
        #expect(result.tightestOfProject?.fits == 12)
        #expect(result.tightestOfRegion?.fits == 100)
        #expect(
            result.tightest?.description
                == "CPUS_ALL_REGIONS of the project is 32, of which 8 are used, and a VM takes 2"
        )
    }

    @Test func otherDisksCountAsSSD() {
        var other = shape()
        other.diskType = "pd-balanced"
        #expect(fit(other, ["SSD_TOTAL_GB": (500, 0), "DISKS_TOTAL_GB": (100, 0)]).count == 5)
    }

    @Test(arguments: [
        ("e2-highmem-2", 2), ("e2-micro", 2), ("n2-custom-4-8192", 4), ("custom-6-1024", 6), ("f1-micro", 1),
        ("strange", nil), ("c3-standard-192-metal", nil),
    ])
    func machineTypesTellTheirCPUs(type: String, count: Int?) {
        #expect(MachineShape.vCPUs(of: type) == count)
    }
}

@Suite struct LaunchFailureClassTests {
    @Test(arguments: [
        ("ZONE_RESOURCE_POOL_EXHAUSTED", "", 503, LaunchFailureClass.stockOut),
        ("ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS", "", 503, .stockOut), ("insufficientCapacity", "", 503, .stockOut),
        ("UNSUPPORTED_OPERATION", "", 400, .again), ("RESOURCE_NOT_FOUND", "", 404, .elsewhere),
        ("RESOURCE_NOT_READY", "", 400, .again),
        ("QUOTA_EXCEEDED", "Quota 'CPUS' exceeded. Limit: 24.0 in region us-west1.", 403, .regionQuota),
        ("QUOTA_EXCEEDED", "Quota 'CPUS_ALL_REGIONS' exceeded. Limit: 32.0 globally.", 403, .projectQuota),
        ("RESOURCE_OPERATION_RATE_EXCEEDED", "", 403, .rate), ("IAM_PERMISSION_DENIED", "", 403, .permission),
        ("RESOURCE_ALREADY_EXISTS", "", 409, .exists), ("SOMETHING_NEW", "", 400, .invalid),
        ("SOMETHING_NEW", "", 503, .again), ("SOMETHING_NEW", "", 200, .unknown),
        ("VM_MIN_COUNT_NOT_REACHED", "Requested minimum count of 4 VMs could not be created.", 400, .stockOut),
        ("SERVICE_ACCOUNT_ACCESS_DENIED", "", 400, .permission),
        (
            "CONDITION_NOT_MET", "Constraint constraints/compute.vmExternalIpAccess violated for project p.", 412,
            .policy
        ),
    ])
    func codesCallForWhatTheyMean(code: String, message: String, status: Int, expected: LaunchFailureClass) {
        let failure = ComputeOperation.Failure(code: code, message: message)
        #expect(LaunchFailureClass.of(failure, httpStatus: status) == expected)
    }

    @Test func aQuotaThatNamesTheProjectIsTheProjects() {
        let quota = ComputeOperation.Quota(
            limitName: "CPUS-ALL-REGIONS-per-project",
            metricName: "compute.googleapis.com/cpus_all_regions",
            limit: 32
        )
        let failure = ComputeOperation.Failure(code: "QUOTA_EXCEEDED", message: "", quota: quota)
        #expect(LaunchFailureClass.of(failure, httpStatus: nil) == .projectQuota)
    }

    @Test func theWeightiestOfSeveralDecides() {
        let failures = ["ZONE_RESOURCE_POOL_EXHAUSTED", "IAM_PERMISSION_DENIED", "SOMETHING_NEW"]
            .map { ComputeOperation.Failure(code: $0, message: "") }
        #expect(LaunchFailureClass.deciding(failures, httpStatus: nil)?.class == .permission)
        #expect(LaunchFailureClass.deciding([], httpStatus: nil) == nil)
    }

    @Test(arguments: [
        ("ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS", LaunchFailureClass.stockOut), ("QUOTA_EXCEEDED", .regionQuota),
        ("UNSUPPORTED_OPERATION", .again),
    ])
    func thatTooFewCameSaysLessThanWhatIsBesideIt(cause: String, expected: LaunchFailureClass) {
        let failures = ["VM_MIN_COUNT_NOT_REACHED", cause].map { ComputeOperation.Failure(code: $0, message: "") }
        #expect(LaunchFailureClass.deciding(failures, httpStatus: 400)?.class == expected)
        #expect(LaunchFailureClass.deciding(failures.reversed(), httpStatus: 409)?.class == expected)
    }

    @Test(arguments: [
        ("compute.vmExternalIpAccess", "--egress shared"), ("gcp.resourceLocations", "--zone"),
        ("compute.trustedImageProjects", "--image-project"), ("compute.requireShieldedVm", "--shielded-vm"),
        ("custom.something", "administrator"),
    ])
    func anOrganisationsPolicyIsNamedWithWhatToSet(constraint: String, remedy: String) {
        let said = "status 412 (Constraint constraints/\(constraint) violated for project p. More.); forbidden"
        let failure = LaunchFailure(.policy, said, zone: "z")
        #expect(
            failure.remedy.contains(remedy) && failure.status == .credentials && failure.reason.contains(constraint)
        )
    }

    @Test(arguments: [
        (GoogleAPIError.Kind.rateLimited, LaunchFailureClass.rate), (.permission, .permission),
        (.unauthenticated, .permission), (.apiDisabled, .permission), (.alreadyExists, .exists),
        (.transport, .unreachable), (.server(503), .unreachable), (.invalid, .invalid), (.notFound, .elsewhere),
        (.quota, .regionQuota), (.malformed, .unreachable), (.conflict, .again), (.stockOut, .stockOut),
        (.policy, .policy),
    ])
    func refusalsCallForWhatTheyMean(kind: GoogleAPIError.Kind, expected: LaunchFailureClass) {
        #expect(LaunchFailureClass.of(GoogleAPIError(kind, operation: "x", detail: "y")) == expected)
    }
}

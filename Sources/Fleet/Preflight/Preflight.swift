import Transport
import Common
import Console
import GoogleCloud
import Tardis

/// The checks before a launch: all at once, and all findings together. Nothing is changed.
struct Preflight: Sendable {
    private let spec: LaunchSpec
    private let services: FleetServices

    /// Checks for an order.
    init(spec: LaunchSpec, services: FleetServices) {
        self.spec = spec
        self.services = services
    }

    /// All that was found, and what a launch needs to know; nil when something in the way kept it from being learned.
    func look() async -> (findings: CheckResults, facts: PreflightFacts?) {
        // Without credentials and a project every further check would fail for the same reason.
        async let listed = catalogues()
        let project = await projectCheck()
        guard let quotas = project.value else {
            return (CheckResults(project.findings + (await listed).findings), nil)
        }
        async let apis = access.apis()
        async let image = access.image()
        async let permissions = access.permissions(egress: spec.egress)
        async let roles = access.roles()
        async let used = access.actAs()
        async let bucket = BucketCheck(region: spec.region, store: services.store).check()
        async let placed = place()
        async let keyed = key()
        async let snapshot = snapshot()

        let (located, key, there, archive) = await (placed, keyed, snapshot, listed)
        let others = (there.value?.snapshot.vms ?? []).filter {
            $0.status.isAlive && ManagedVM($0, prefix: spec.prefix).map { $0.run != spec.run.id } ?? false
        }
        let egressCheck = EgressCheck(spec: spec, others: others)
        let place = await withEgress(located, isShared: egressCheck.isShared(key.value?.info))
        var findings = CheckResults(project.findings)
        findings.add((await apis).findings)
        findings.add(there.findings + (await image).findings)
        findings.add(await bucket)
        findings.add((await roles).findings + (await used).findings + (await permissions).findings)
        findings.add(key.findings)
        if let info = key.value?.info { findings.add(tardisCheck.coverage(info, archive.value ?? [:])) }
        findings.add(archive.findings + place.findings)
        let way: CheckOutcome<EgressCheck.Way> =
            place.value == nil ? CheckOutcome(nil) : egressCheck.check(key.value?.info, place.value?.egress)
        findings.add(way.findings)
        guard let view = there.value else { return (findings, nil) }
        findings.add(names(view))
        if let machines = place.value?.machines {
            let isDirect = !egressCheck.isShared(key.value?.info)
            let quotaCheck = QuotaCheck(
                shape: spec.shape(machines.machineType, isDirect: isDirect),
                region: machines.region,
                projectQuotas: quotas
            )
            findings.add(quotaCheck.check(view.todo.creations(zones: machines.zones).reduce(0) { $0 + $1.names.count }))
        }
        let facts = PreflightFacts(
            view: view,
            machines: place.value?.machines,
            projectQuotas: quotas,
            key: key.value?.plan,
            keyInfo: key.value?.info,
            egress: way.value
        )
        return (findings, facts)
    }

    private var tardisCheck: TardisCheck { TardisCheck(run: spec.run, instruments: spec.run.instruments) }
    private var access: AccessCheck { AccessCheck(spec: spec, services: services) }

    // MARK: The parts

    /// Compute Engine's word on the project: credentials, project and API in one request.
    private func projectCheck() async -> CheckOutcome<[ComputeQuota]> {
        do {
            let quotas = try await onceEnabled { () async throws(GoogleAPIError) in
                try await services.compute.projectQuotas()
            }
            return CheckOutcome(quotas, [CheckResult("project", .fine, spec.project)])
        } catch {
            switch error.kind {
            case .unauthenticated: return CheckOutcome(nil, [CheckResult("credentials", error)])
            case .notFound:
                let text = "there is no project \(spec.project); correct --project or GCP_PROJECT_ID"
                return CheckOutcome(nil, [CheckResult("project", .error(.usage), text)])
            case .apiDisabled:
                let text =
                    "Compute Engine is not enabled in \(spec.project); enable all that is needed: \(AccessCheck.setup) "
                    + "--enable-apis --project \(spec.project)"
                return CheckOutcome(nil, [CheckResult("project", .error(.failed), text)])
            case .permission:
                let text = "\(error) (or the project's id is wrong: --project, GCP_PROJECT_ID)"
                return CheckOutcome(nil, [CheckResult("project", .error(.credentials), text)])
            default: return CheckOutcome(nil, [CheckResult("project", error)])
            }
        }
    }

    /// An API that was enabled a moment ago is refused for some minutes more.
    private func onceEnabled<Answer>(
        _ ask: () async throws(GoogleAPIError) -> Answer
    ) async throws(GoogleAPIError) -> Answer {
        let name = GoogleService.compute.apiName
        var waited = Duration.zero
        while true {
            do throws(GoogleAPIError) {
                return try await ask()
            } catch {
                guard error.kind == .apiDisabled, waited < Self.switchOn,
                    let enabled = try? await services.serviceUsage.enabled([name], project: spec.project),
                    enabled.contains(name), (try? await services.clock.sleep(Self.switchPause)) != nil
                else { throw error }
                waited += Self.switchPause
            }
        }
    }

    private static let switchOn = Duration.seconds(180)
    private static let switchPause = Duration.seconds(5)

    private func catalogues() async -> CheckOutcome<[String: ExchangeCatalogue]> {
        await tardisCheck.catalogues(services.tardis(nil))
    }

    /// Where the VMs come, and what egress there is.
    private struct Place: Sendable {
        let machines: MachineCheck.Facts
        var egress: EgressState?
        var isLookedAt = false
    }

    /// Machines, and with them the egress where it is known beforehand that it will be shared.
    private func place() async -> CheckOutcome<Place> {
        let machines = await MachineCheck(spec: spec, compute: services.compute).check()
        let place = CheckOutcome(machines.value.map { Place(machines: $0) }, machines.findings)
        return await withEgress(
            place,
            isShared: spec.egress == .shared || spec.egress == .auto && spec.run.shards > 1
        )
    }

    private func withEgress(_ checked: CheckOutcome<Place>, isShared: Bool) async -> CheckOutcome<Place> {
        guard var place = checked.value, isShared, !place.isLookedAt, !place.machines.subnetwork.isEmpty else {
            return checked
        }
        place.isLookedAt = true
        do {
            place.egress = try await egress.look(
                region: place.machines.region.name,
                network: place.machines.network,
                subnetwork: place.machines.subnetwork
            )
            return CheckOutcome(place, checked.findings)
        } catch  where spec.hostProject != nil && error.kind == .permission {
            return CheckOutcome(place, checked.findings)
        } catch {
            return CheckOutcome(place, checked.findings + [CheckResult("egress", error, isAboutLaunch: true)])
        }
    }

    private var egress: SharedEgress {
        SharedEgress(spec.hostProject.map(services.compute.inProject) ?? services.compute, clock: services.clock)
    }

    private func key() async -> CheckOutcome<(plan: KeyDelivery, info: KeyInfo?)> {
        let secret = await KeyCheck(spec: spec, secrets: services.secrets).check()
        guard let facts = secret.value else { return CheckOutcome(nil, secret.findings) }
        guard let key = facts.key else { return CheckOutcome((facts.plan, nil), secret.findings) }
        let info = await tardisCheck.key(services.tardis(key))
        return CheckOutcome((facts.plan, info.value), secret.findings + info.findings)
    }

    private func snapshot() async -> CheckOutcome<ReconcileContext> {
        do {
            let snapshot = try await FleetSnapshot.take(services, dates: spec.run.dates, prefix: spec.prefix)
            return CheckOutcome(
                try FleetPlanner(spec: spec, services: services).plan(snapshot),
                [CheckResult("bucket", .fine, services.store.location)]
            )
        } catch let error as StorageError where error.kind == .bucketMissing {
            let text =
                "\(services.store.location) is not there; create it: gsutil mb -l \(spec.region) \(services.store.location)"
            return CheckOutcome(nil, [CheckResult("bucket", .error(.usage), text)])
        } catch let error as StorageError {
            return CheckOutcome(nil, [CheckResult("bucket", error)])
        } catch let error as GoogleAPIError {
            return CheckOutcome(nil, [CheckResult("VMs", error)])
        } catch {
            return CheckOutcome(nil, [CheckResult("plan", error)])
        }
    }

    /// Whether other runs and other people's VMs are in the way.
    private func names(_ view: ReconcileContext) -> [CheckResult] {
        if let conflict = view.conflict { return [CheckResult("VMs", .error(.usage), "\(conflict)")] }
        let taken = view.todo.conflicts
        guard !taken.isEmpty else { return [] }
        let text =
            "\(NameList.text(taken.map { "\($0.name) in \($0.zone)" })) \(taken.count == 1 ? "is" : "are") not of this run; "
            + "delete or rename, or choose another --vm-name-prefix"
        return [CheckResult("VMs", .error(.usage), text)]
    }
}

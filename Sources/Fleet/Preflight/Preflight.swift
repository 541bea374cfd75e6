import Transport
import Common
import Console
import GoogleCloud
import Tardis

/// The checks before a launch: all at once, and all findings together. Nothing is changed.
struct Preflight: Sendable {
    private let order: FleetOrder
    private let world: FleetWorld

    /// Checks for an order.
    init(order: FleetOrder, world: FleetWorld) {
        self.order = order
        self.world = world
    }

    /// All that was found, and what a launch needs to know; nil when something in the way kept it from being learned.
    func look() async -> (findings: Findings, facts: PreflightFacts?) {
        // Without credentials and a project every further check would fail for the same reason.
        async let listed = catalogues()
        let project = await projectCheck()
        guard let quotas = project.value else {
            return (Findings(project.findings + (await listed).findings), nil)
        }
        async let apis = access.apis()
        async let image = access.image()
        async let permissions = access.permissions(egress: order.egress)
        async let roles = access.roles()
        async let used = access.actAs()
        async let bucket = BucketCheck(region: order.region, store: world.store).check()
        async let placed = place()
        async let keyed = key()
        async let snapshot = snapshot()

        let (located, key, there, archive) = await (placed, keyed, snapshot, listed)
        let others = (there.value?.snapshot.vms ?? []).filter {
            $0.status.isAlive && FleetMember($0, prefix: order.prefix).map { $0.run != order.run.id } ?? false
        }
        let egressCheck = EgressCheck(order: order, others: others)
        let place = await withEgress(located, isShared: egressCheck.isShared(key.value?.info))
        var findings = Findings(project.findings)
        findings.add((await apis).findings)
        findings.add(there.findings + (await image).findings)
        findings.add(await bucket)
        findings.add((await roles).findings + (await used).findings + (await permissions).findings)
        findings.add(key.findings)
        if let info = key.value?.info { findings.add(tardisCheck.coverage(info, archive.value ?? [:])) }
        findings.add(archive.findings + place.findings)
        let way: Checked<EgressCheck.Way> =
            place.value == nil ? Checked(nil) : egressCheck.check(key.value?.info, place.value?.egress)
        findings.add(way.findings)
        guard let view = there.value else { return (findings, nil) }
        findings.add(names(view))
        if let machines = place.value?.machines {
            let isDirect = !egressCheck.isShared(key.value?.info)
            let quotaCheck = QuotaCheck(
                shape: order.shape(machines.machineType, isDirect: isDirect),
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

    private var tardisCheck: TardisCheck { TardisCheck(run: order.run, instruments: order.run.instruments) }
    private var access: AccessCheck { AccessCheck(order: order, world: world) }

    // MARK: The parts

    /// Compute Engine's word on the project: credentials, project and API in one request.
    private func projectCheck() async -> Checked<[ComputeQuota]> {
        do {
            let quotas = try await onceEnabled { () async throws(GoogleAPIError) in
                try await world.compute.projectQuotas()
            }
            return Checked(quotas, [Finding("project", .fine, order.project)])
        } catch {
            switch error.kind {
            case .unauthenticated: return Checked(nil, [Finding("credentials", error)])
            case .notFound:
                let text = "there is no project \(order.project); correct --project or GCP_PROJECT_ID"
                return Checked(nil, [Finding("project", .error(.usage), text)])
            case .apiDisabled:
                let text =
                    "Compute Engine is not enabled in \(order.project); enable all that is needed: \(AccessCheck.setup) "
                    + "--enable-apis --project \(order.project)"
                return Checked(nil, [Finding("project", .error(.failed), text)])
            case .permission:
                let text = "\(error) (or the project's id is wrong: --project, GCP_PROJECT_ID)"
                return Checked(nil, [Finding("project", .error(.credentials), text)])
            default: return Checked(nil, [Finding("project", error)])
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
                    let enabled = try? await world.services.enabled([name], project: order.project),
                    enabled.contains(name), (try? await world.clock.sleep(Self.switchPause)) != nil
                else { throw error }
                waited += Self.switchPause
            }
        }
    }

    private static let switchOn = Duration.seconds(180)
    private static let switchPause = Duration.seconds(5)

    private func catalogues() async -> Checked<[String: ExchangeCatalogue]> {
        await tardisCheck.catalogues(world.tardis(nil))
    }

    /// Where the VMs come, and what egress there is.
    private struct Place: Sendable {
        let machines: MachineCheck.Facts
        var egress: EgressState?
        var isLookedAt = false
    }

    /// Machines, and with them the egress where it is known beforehand that it will be shared.
    private func place() async -> Checked<Place> {
        let machines = await MachineCheck(order: order, compute: world.compute).check()
        let place = Checked(machines.value.map { Place(machines: $0) }, machines.findings)
        return await withEgress(
            place,
            isShared: order.egress == .shared || order.egress == .auto && order.run.shards > 1
        )
    }

    private func withEgress(_ checked: Checked<Place>, isShared: Bool) async -> Checked<Place> {
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
            return Checked(place, checked.findings)
        } catch  where order.hostProject != nil && error.kind == .permission {
            return Checked(place, checked.findings)
        } catch {
            return Checked(place, checked.findings + [Finding("egress", error, isAboutLaunch: true)])
        }
    }

    private var egress: SharedEgress {
        SharedEgress(order.hostProject.map(world.compute.inProject) ?? world.compute, clock: world.clock)
    }

    private func key() async -> Checked<(plan: KeyPlan, info: KeyInfo?)> {
        let secret = await KeyCheck(order: order, secrets: world.secrets).check()
        guard let facts = secret.value else { return Checked(nil, secret.findings) }
        guard let key = facts.key else { return Checked((facts.plan, nil), secret.findings) }
        let info = await tardisCheck.key(world.tardis(key))
        return Checked((facts.plan, info.value), secret.findings + info.findings)
    }

    private func snapshot() async -> Checked<FleetView> {
        do {
            let snapshot = try await FleetSnapshot.take(world, dates: order.run.dates, prefix: order.prefix)
            return Checked(
                try FleetView.of(order, world, snapshot),
                [Finding("bucket", .fine, world.store.location)]
            )
        } catch let error as StorageError where error.kind == .bucketMissing {
            let text =
                "\(world.store.location) is not there; create it: gsutil mb -l \(order.region) \(world.store.location)"
            return Checked(nil, [Finding("bucket", .error(.usage), text)])
        } catch let error as StorageError {
            return Checked(nil, [Finding("bucket", error)])
        } catch let error as GoogleAPIError {
            return Checked(nil, [Finding("VMs", error)])
        } catch {
            return Checked(nil, [Finding("plan", error)])
        }
    }

    /// Whether other runs and other people's VMs are in the way.
    private func names(_ view: FleetView) -> [Finding] {
        if let conflict = view.conflict { return [Finding("VMs", .error(.usage), "\(conflict)")] }
        let taken = view.todo.conflicts
        guard !taken.isEmpty else { return [] }
        let text =
            "\(NameList.text(taken.map { "\($0.name) in \($0.zone)" })) \(taken.count == 1 ? "is" : "are") not of this run; "
            + "delete or rename, or choose another --vm-name-prefix"
        return [Finding("VMs", .error(.usage), text)]
    }
}

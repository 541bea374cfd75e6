import Console
import GoogleCloud

/// Whether zone, machine type and network are there.
struct MachineCheck: Sendable {
    let spec: LaunchSpec
    let compute: ComputeClient

    struct Facts: Sendable {
        var region: ComputeRegion
        /// The zones to try, in their order.
        var zones: [String]
        /// What a VM has; nil when it could not be asked.
        var machineType: ComputeMachineType?
        /// The network's bare name.
        var network: String
        /// The subnetwork's bare name, in the region.
        var subnetwork: String
    }

    func check() async -> CheckOutcome<Facts> {
        async let regional = checking("zone") { try await self.region() }
        async let typed = checking("machine type", isAboutLaunch: true) { try await self.machineType() }
        async let networked = checking("network", isAboutLaunch: true) { try await self.network() }
        let (zones, type, network) = await (regional, typed, networked)
        // In a zone that is not there no machine type is either.
        guard let place = zones.value else { return CheckOutcome(nil, zones.findings + network.findings) }
        let findings = zones.findings + type.findings + network.findings
        let facts = Facts(
            region: place.region,
            zones: place.zones,
            machineType: type.value,
            network: network.value?.network ?? "default",
            subnetwork: network.value?.subnetwork ?? ""
        )
        return CheckOutcome(facts, findings)
    }

    private func region() async throws -> CheckOutcome<(region: ComputeRegion, zones: [String])> {
        do {
            return zones(of: try await compute.region(spec.region))
        } catch {
            guard error.kind == .notFound else { throw error }
            let text = "there is no region \(spec.region), so no zone \(spec.zones.first); correct --zone"
            return CheckOutcome(nil, [CheckResult("zone", .error(.usage), text)])
        }
    }

    private func zones(of region: ComputeRegion) -> CheckOutcome<(region: ComputeRegion, zones: [String])> {
        switch spec.zones {
        case .only(let zones):
            let unknown = zones.filter { !region.zones.contains($0) }
            guard unknown.isEmpty else { return CheckOutcome(nil, unknown.map { noZone($0, region) }) }
            return CheckOutcome((region, zones), [CheckResult("zone", .fine, zones.joined(separator: ", "))])
        case .preferring(let zone):
            guard region.zones.contains(zone) else { return CheckOutcome(nil, [noZone(zone, region)]) }
            let others = region.zones.filter { $0 != zone }.sorted()
            let text = others.isEmpty ? zone : "\(zone), then \(others.joined(separator: ", "))"
            return CheckOutcome((region, [zone] + others), [CheckResult("zone", .fine, text)])
        }
    }

    private func noZone(_ zone: String, _ region: ComputeRegion) -> CheckResult {
        let near = suggestion(for: zone, among: region.zones)
        let there = near.isEmpty ? "; there are \(region.zones.sorted().joined(separator: ", "))" : near
        return CheckResult("zone", .error(.usage), "\(region.name) has no zone \(zone)\(there)")
    }

    private func machineType() async throws -> CheckOutcome<ComputeMachineType> {
        let name = spec.machine.type
        guard let type = try await compute.machineType(zone: spec.zones.first, name: name) else {
            let text = "\(spec.zones.first) has no machine type \(name); correct --machine-type"
            return CheckOutcome(nil, [CheckResult("machine type", .error(.usage), text, isAboutLaunch: true)])
        }
        let memory = Format.count(Int64(type.memoryMegabytes / 1_024))
        return CheckOutcome(type, [CheckResult("machine type", .fine, "\(name): \(type.vCPUs) vCPU, \(memory) GB")])
    }

    private func network() async throws -> CheckOutcome<(network: String, subnetwork: String)> {
        func missing(_ text: String) -> CheckOutcome<(network: String, subnetwork: String)> {
            CheckOutcome(nil, [CheckResult("network", .error(.usage), text, isAboutLaunch: true)])
        }
        if let host = spec.hostProject, let name = spec.subnetwork { return await shared(host, name) }
        if let name = spec.subnetwork {
            guard let subnetwork = try await compute.subnetwork(region: spec.region, name: name) else {
                return missing("\(spec.region) has no subnetwork \(name); correct --subnet")
            }
            if let network = spec.network, network != subnetwork.network {
                return missing("the subnetwork \(name) is one of \(subnetwork.network), not of \(network)")
            }
            return CheckOutcome(
                (subnetwork.network, name),
                [CheckResult("network", .fine, "\(subnetwork.network), \(name)")]
            )
        }
        let name = spec.network ?? "default"
        guard let network = try await compute.network(name) else {
            return missing("there is no network \(name); name one with --network, or a subnetwork with --subnet")
        }
        let there = network.subnetworks.filter { $0.region == spec.region }.map(\.name)
        guard there.count == 1 || network.hasAutomaticSubnetworks, let subnetwork = there.first else {
            let what = there.isEmpty ? "no subnetwork" : "the subnetworks \(there.sorted().joined(separator: ", "))"
            return missing("network \(name) has \(what) in \(spec.region); name one of the region with --subnet")
        }
        return CheckOutcome((name, subnetwork), [CheckResult("network", .fine, "\(name), \(subnetwork)")])
    }

    /// The subnetwork of another project, which one may be allowed to use and not to look at.
    private func shared(_ host: String, _ name: String) async -> CheckOutcome<(network: String, subnetwork: String)> {
        let what = "subnetwork \(name) in \(spec.region) of the host project \(host)"
        do {
            guard let found = try await compute.inProject(host).subnetwork(region: spec.region, name: name) else {
                let text = "there is no \(what); correct --subnet"
                return CheckOutcome(nil, [CheckResult("network", .error(.usage), text, isAboutLaunch: true)])
            }
            return CheckOutcome(
                (found.network, name),
                [CheckResult("network", .fine, "\(found.network), \(name) of \(host)")]
            )
        } catch {
            let text = "\(what) could not be looked up, and is taken for good: \(error)"
            return CheckOutcome(("", name), [CheckResult("network", .warning, text, isAboutLaunch: true)])
        }
    }
}

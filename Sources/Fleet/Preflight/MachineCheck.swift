import Console
import GoogleCloud

/// Whether zone, machine type and network are there.
struct MachineCheck: Sendable {
    let order: FleetOrder
    let compute: ComputeClient

    /// What was learned.
    struct Facts: Sendable {
        /// The region with its quotas.
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

    func check() async -> Checked<Facts> {
        async let regional = checking("zone") { try await self.region() }
        async let typed = checking("machine type", isAboutLaunch: true) { try await self.machineType() }
        async let networked = checking("network", isAboutLaunch: true) { try await self.network() }
        let (zones, type, network) = await (regional, typed, networked)
        // In a zone that is not there no machine type is either.
        guard let place = zones.value else { return Checked(nil, zones.findings + network.findings) }
        let findings = zones.findings + type.findings + network.findings
        let facts = Facts(
            region: place.region,
            zones: place.zones,
            machineType: type.value,
            network: network.value?.network ?? "default",
            subnetwork: network.value?.subnetwork ?? ""
        )
        return Checked(facts, findings)
    }

    private func region() async throws -> Checked<(region: ComputeRegion, zones: [String])> {
        do {
            return zones(of: try await compute.region(order.region))
        } catch {
            guard error.kind == .notFound else { throw error }
            let text = "there is no region \(order.region), so no zone \(order.zones.first); correct --zone"
            return Checked(nil, [Finding("zone", .error(.usage), text)])
        }
    }

    private func zones(of region: ComputeRegion) -> Checked<(region: ComputeRegion, zones: [String])> {
        switch order.zones {
        case .only(let zones):
            let unknown = zones.filter { !region.zones.contains($0) }
            guard unknown.isEmpty else { return Checked(nil, unknown.map { noZone($0, region) }) }
            return Checked((region, zones), [Finding("zone", .fine, zones.joined(separator: ", "))])
        case .preferring(let zone):
            guard region.zones.contains(zone) else { return Checked(nil, [noZone(zone, region)]) }
            let others = region.zones.filter { $0 != zone }.sorted()
            let text = others.isEmpty ? zone : "\(zone), then \(others.joined(separator: ", "))"
            return Checked((region, [zone] + others), [Finding("zone", .fine, text)])
        }
    }

    private func noZone(_ zone: String, _ region: ComputeRegion) -> Finding {
        let near = suggestion(for: zone, among: region.zones)
        let there = near.isEmpty ? "; there are \(region.zones.sorted().joined(separator: ", "))" : near
        return Finding("zone", .error(.usage), "\(region.name) has no zone \(zone)\(there)")
    }

    private func machineType() async throws -> Checked<ComputeMachineType> {
        let name = order.machine.type
        guard let type = try await compute.machineType(zone: order.zones.first, name: name) else {
            let text = "\(order.zones.first) has no machine type \(name); correct --machine-type"
            return Checked(nil, [Finding("machine type", .error(.usage), text, isAboutLaunch: true)])
        }
        let memory = Format.count(Int64(type.memoryMegabytes / 1_024))
        return Checked(type, [Finding("machine type", .fine, "\(name): \(type.vCPUs) vCPU, \(memory) GB")])
    }

    private func network() async throws -> Checked<(network: String, subnetwork: String)> {
        func missing(_ text: String) -> Checked<(network: String, subnetwork: String)> {
            Checked(nil, [Finding("network", .error(.usage), text, isAboutLaunch: true)])
        }
        if let host = order.hostProject, let name = order.subnetwork { return await shared(host, name) }
        if let name = order.subnetwork {
            guard let subnetwork = try await compute.subnetwork(region: order.region, name: name) else {
                return missing("\(order.region) has no subnetwork \(name); correct --subnet")
            }
            if let network = order.network, network != subnetwork.network {
                return missing("the subnetwork \(name) is one of \(subnetwork.network), not of \(network)")
            }
            return Checked((subnetwork.network, name), [Finding("network", .fine, "\(subnetwork.network), \(name)")])
        }
        let name = order.network ?? "default"
        guard let network = try await compute.network(name) else {
            return missing("there is no network \(name); name one with --network, or a subnetwork with --subnet")
        }
        let there = network.subnetworks.filter { $0.region == order.region }.map(\.name)
        guard there.count == 1 || network.hasAutomaticSubnetworks, let subnetwork = there.first else {
            let what = there.isEmpty ? "no subnetwork" : "the subnetworks \(there.sorted().joined(separator: ", "))"
            return missing("network \(name) has \(what) in \(order.region); name one of the region with --subnet")
        }
        return Checked((name, subnetwork), [Finding("network", .fine, "\(name), \(subnetwork)")])
    }

    /// The subnetwork of another project, which one may be allowed to use and not to look at.
    private func shared(_ host: String, _ name: String) async -> Checked<(network: String, subnetwork: String)> {
        let what = "subnetwork \(name) in \(order.region) of the host project \(host)"
        do {
            guard let found = try await compute.inProject(host).subnetwork(region: order.region, name: name) else {
                let text = "there is no \(what); correct --subnet"
                return Checked(nil, [Finding("network", .error(.usage), text, isAboutLaunch: true)])
            }
            return Checked((found.network, name), [Finding("network", .fine, "\(found.network), \(name) of \(host)")])
        } catch {
            let text = "\(what) could not be looked up, and is taken for good: \(error)"
            return Checked(("", name), [Finding("network", .warning, text, isAboutLaunch: true)])
        }
    }
}

extension ComputeClient {
    private struct WireQuotas: Decodable {
        struct Quota: Decodable {
            let metric: String?
            let limit: Double?
            let usage: Double?
        }
        let name: String
        let zones: [String]?
        let quotas: [Quota]?

        var model: [ComputeQuota] {
            (quotas ?? []).compactMap { quota in
                guard let metric = quota.metric, let limit = quota.limit else { return nil }
                return ComputeQuota(metric: metric, limit: limit, usage: quota.usage ?? 0)
            }
        }
    }

    /// A region: its zones and the project's quotas there. `notFound` when there is no such region.
    public func region(_ name: String) async throws(GoogleAPIError) -> ComputeRegion {
        let call = GoogleAPI.Call(
            verb: "GET",
            service: .compute,
            path: path("regions", name),
            operation: "read region \(name)",
            needs: "compute.regions.get"
        )
        let region = try await api.send(call, as: WireQuotas.self)
        return ComputeRegion(name: region.name, zones: (region.zones ?? []).map(bareName), quotas: region.model)
    }

    /// The quotas that hold for the project as a whole, such as `CPUS_ALL_REGIONS`.
    public func projectQuotas() async throws(GoogleAPIError) -> [ComputeQuota] {
        let call = GoogleAPI.Call(
            verb: "GET",
            service: .compute,
            path: path(),
            operation: "read the quotas of project \(project)",
            needs: "compute.projects.get"
        )
        return try await api.send(call, as: WireQuotas.self).model
    }

    /// What a machine type has; nil when the zone has none of that name.
    public func machineType(zone: String, name: String) async throws(GoogleAPIError) -> ComputeMachineType? {
        struct Wire: Decodable {
            let name: String
            let guestCpus: Int?
            let memoryMb: Int?
        }
        let call = GoogleAPI.Call(
            verb: "GET",
            service: .compute,
            path: path("zones", zone, "machineTypes", name),
            operation: "read machine type \(name) in \(zone)",
            needs: "compute.machineTypes.get"
        )
        return try await find(call, as: Wire.self).map { type in
            ComputeMachineType(name: type.name, vCPUs: type.guestCpus ?? 0, memoryMegabytes: type.memoryMb ?? 0)
        }
    }
}

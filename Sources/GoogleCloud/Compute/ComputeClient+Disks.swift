extension ComputeClient {
    private struct WireDisk: AggregatedItem {
        static let collection = "disks"
        let name: String
        let zone: String?
        let sizeGb: WireInteger?
        let labels: [String: String]?
        let users: [String]?
        let creationTimestamp: String?

        var model: ComputeDisk {
            ComputeDisk(
                name: name,
                zone: zone.map(bareName) ?? "",
                gigabytes: Int(sizeGb?.value ?? 0),
                labels: labels ?? [:],
                users: (users ?? []).map(bareName),
                created: creationTimestamp ?? ""
            )
        }
    }

    /// The disks of all zones and regions.
    public func disks(filter: String? = nil) async throws(GoogleAPIError) -> [ComputeDisk] {
        let call = listing(
            path("aggregated", "disks"),
            filter: filter,
            of: "the disks of project \(project)",
            needs: "compute.disks.list"
        )
        return try await all(call, pages: WireAggregate<WireDisk>.self).map(\.model)
    }

    /// Deletes a disk that no VM has. `notFound` when it is gone already.
    public func deleteDisk(zone: String, name: String, requestID: RequestID) async throws(GoogleAPIError)
        -> ComputeOperation
    {
        let call = GoogleAPI.Call(
            verb: "DELETE",
            service: .compute,
            path: path("zones", zone, "disks", name),
            operation: "delete disk \(name) in \(zone)",
            needs: "compute.disks.delete"
        )
        return try await change(call, requestID)
    }
}

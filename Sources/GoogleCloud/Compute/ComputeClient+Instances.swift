extension ComputeClient {
    /// The VMs of all zones. `filter` is Compute Engine's: `labels.tick-kit:*`. Never a short list: what is left out is an error.
    public func instances(filter: String? = nil) async throws(GoogleAPIError) -> [ComputeInstance] {
        let call = listing(
            path("aggregated", "instances"),
            filter: filter,
            of: "the VMs of project \(project)",
            needs: "compute.instances.list"
        )
        return try await all(call, pages: WireAggregate<WireInstance>.self).map(\.model)
    }

    /// The VMs of one zone.
    public func instances(zone: String, filter: String? = nil) async throws(GoogleAPIError) -> [ComputeInstance] {
        let call = listing(
            path("zones", zone, "instances"),
            filter: filter,
            of: "the VMs of \(zone)",
            needs: "compute.instances.list"
        )
        return try await all(call, pages: WireList<WireInstance>.self).map(\.model)
    }

    /// One VM; nil when there is none of that name.
    public func instance(zone: String, name: String) async throws(GoogleAPIError) -> ComputeInstance? {
        let call = GoogleAPI.Call(
            verb: "GET",
            service: .compute,
            path: path("zones", zone, "instances", name),
            operation: "read VM \(name) in \(zone)",
            needs: "compute.instances.get"
        )
        return try await find(call, as: WireInstance.self)?.model
    }

    /// Makes VMs that differ in their names only, in one request. Success with a `minimum` below the number of names does not
    /// say how many came: look.
    public func bulkInsert(zone: String, _ new: NewInstances, requestID: RequestID) async throws(GoogleAPIError)
        -> ComputeOperation
    {
        let call = GoogleAPI.Call(
            verb: "POST",
            service: .compute,
            path: path("zones", zone, "instances", "bulkInsert"),
            operation: "create \(new.names.count == 1 ? "VM \(new.names[0])" : "\(new.names.count) VMs") in \(zone)",
            needs: "compute.instances.create"
        )
        return try await change(call, requestID, body: WireNewInstances(new))
    }

    /// Deletes a VM with the disks that go with it. `notFound` when it is gone already.
    public func delete(zone: String, name: String, requestID: RequestID) async throws(GoogleAPIError)
        -> ComputeOperation
    {
        let call = GoogleAPI.Call(
            verb: "DELETE",
            service: .compute,
            path: path("zones", zone, "instances", name),
            operation: "delete VM \(name) in \(zone)",
            needs: "compute.instances.delete"
        )
        return try await change(call, requestID)
    }

    /// Starts a VM that stands still.
    public func start(zone: String, name: String, requestID: RequestID) async throws(GoogleAPIError)
        -> ComputeOperation
    {
        try await act("start", zone: zone, name: name, requestID)
    }

    /// Stops a VM; it keeps its disks.
    public func stop(zone: String, name: String, requestID: RequestID) async throws(GoogleAPIError) -> ComputeOperation
    {
        try await act("stop", zone: zone, name: name, requestID)
    }

    private func act(_ verb: String, zone: String, name: String, _ requestID: RequestID) async throws(GoogleAPIError)
        -> ComputeOperation
    {
        let call = GoogleAPI.Call(
            verb: "POST",
            service: .compute,
            path: path("zones", zone, "instances", name, verb),
            operation: "\(verb) VM \(name) in \(zone)",
            needs: "compute.instances.\(verb)"
        )
        return try await change(call, requestID)
    }

    /// What a VM wrote to its first serial port from a position on; the last megabyte is kept. A `start` in the answer that is
    /// larger than the one asked for means that text was lost.
    public func serialPortOutput(zone: String, name: String, start: Int64 = 0) async throws(GoogleAPIError)
        -> (contents: String, start: Int64, next: Int64)
    {
        struct Output: Decodable {
            let contents: String?
            let start: WireInteger?
            let next: WireInteger?
        }
        let call = GoogleAPI.Call(
            verb: "GET",
            service: .compute,
            path: path("zones", zone, "instances", name, "serialPort"),
            query: [("port", "1"), ("start", "\(start)")],
            operation: "read the serial port of VM \(name) in \(zone)",
            needs: "compute.instances.getSerialPortOutput"
        )
        let output = try await api.send(call, as: Output.self)
        let begin = output.start?.value ?? start
        return (output.contents ?? "", begin, output.next?.value ?? begin)
    }
}

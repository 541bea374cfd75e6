import Common
import Console
import GoogleCloud
import Transport

/// The connections that a run of the tool has: to the bucket or folder, and to Compute Engine where there is a bucket.
struct MonitorConnections: Sendable {
    let clock: ServerClock
    let place: String
    let store: any ObjectStore
    let compute: ComputeClient?

    /// Somebody watches: better an error that is shown than minutes of silence.
    static let retry = RetryPolicy(tries: 5, budget: .seconds(45))

    /// Throws `UsageError`.
    init(_ tool: ToolRun, _ connection: GoogleConnection) throws {
        let arguments = tool.arguments
        clock = connection.clock
        place = StorageLocation.resolve(try arguments.required(SharedOptions.bucket.name), tool.context)
        store = try connection.store(place)
        compute =
            StorageLocation.bucket(place) == nil
            ? nil : ComputeClient(connection.api, project: try arguments.required(SharedOptions.project.name))
    }

    /// Lists the kit's VMs; nil with a folder.
    var vms: MonitorReader.VMList? {
        guard let compute else { return nil }
        return { try await compute.instances(filter: MonitorReader.vmFilter) }
    }

    /// Reads serial consoles; nil with a folder.
    var serial: VMLog.Serial? {
        guard let compute else { return nil }
        return { zone, name, start in try await compute.serialPortOutput(zone: zone, name: name, start: start) }
    }
}

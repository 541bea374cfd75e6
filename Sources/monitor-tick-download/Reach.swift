import Common
import Console
import Fleet
import GoogleCloud
import Transport

/// The connections that a run of the tool has: to the bucket or folder, and to Compute Engine where there is a bucket.
struct Reach: Sendable {
    let transport: CurlTransport
    let place: String
    let store: any ObjectStore
    /// Nil with a folder.
    let compute: ComputeClient?

    /// Somebody watches: better an error that is shown than minutes of silence.
    private static let retry = RetryPolicy(tries: 5, budget: .seconds(45))

    /// Throws `UsageError`.
    init(_ tool: ToolRun) throws {
        let arguments = tool.arguments
        var environment = tool.context.environment
        // A flag or a settings file says the same as the variable.
        environment["GCP_CREDENTIALS_PATH"] = arguments.string(SharedOptions.credentials.name).map(
            tool.context.absolute
        )
        let transport = CurlTransport(userAgent: Kit.userAgent, environment: environment)
        let credentials = CredentialSources(environment: environment, home: tool.context.home, transport: transport)
        place = PlaceSetting.resolve(try arguments.required(SharedOptions.bucket.name), tool.context)
        do {
            store = try openObjectStore(
                place,
                environment: environment,
                transport: transport,
                tokens: credentials.storageTokens(),
                retry: Self.retry,
                onRetry: { tool.noteWait($0, $1) }
            )
        } catch let error as StorageError {
            throw arguments.error("\(error)")
        }
        self.transport = transport
        guard PlaceSetting.bucket(place) != nil else {
            compute = nil
            return
        }
        let api = GoogleAPI(
            environment: environment,
            transport: transport,
            tokens: credentials.tokens(),
            retry: Self.retry,
            onRetry: { tool.noteWait($0, $1) }
        )
        compute = ComputeClient(api, project: try arguments.required(SharedOptions.project.name))
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

import Common
import Console
import Fleet
import GoogleCloud
import Tardis
import Transport

/// The connections to Google and Tardis that a run of the tool has.
struct Reach: Sendable {
    let transport: CurlTransport
    private let tool: ToolRun
    private let environment: [String: String]
    private let credentials: CredentialSources

    /// Google's services answer within seconds, or the operator should hear of it; the rate limits are renewed each minute.
    private static let retry = RetryPolicy(tries: 8, budget: .seconds(150))

    init(_ tool: ToolRun) {
        self.tool = tool
        var environment = tool.context.environment
        // A flag or a settings file says the same as the variable.
        environment["GCP_CREDENTIALS_PATH"] = tool.arguments.string(SharedOptions.credentials.name)
            .map(tool.context.absolute)
        self.environment = environment
        transport = CurlTransport(userAgent: Kit.userAgent, environment: environment)
        credentials = CredentialSources(environment: environment, home: tool.context.home, transport: transport)
    }

    /// The bucket or folder. Throws `UsageError`.
    func store(_ place: String) throws -> any ObjectStore {
        do {
            return try openObjectStore(
                place,
                environment: environment,
                transport: transport,
                tokens: credentials.storageTokens(),
                retry: Self.retry,
                onRetry: { tool.noteWait($0, $1) }
            )
        } catch let error as StorageError {
            throw tool.arguments.error("\(error)")
        }
    }

    /// Tardis, asked with the key.
    func tardis(_ url: String, key: Secret?) -> TardisClient {
        var options = TardisClient.Options()
        options.apiURL = url
        options.key = key
        let now = tool.context.clock.epochMicroseconds
        return TardisClient(
            options: options,
            transport: transport,
            now: { now() / 1_000_000 },
            onWait: { tool.noteWait($0, $1) }
        )
    }

    /// All that a fleet of VMs is made with.
    func world(_ order: FleetOrder, tardisURL: String) throws -> FleetWorld {
        let tokens = credentials.tokens()
        return FleetWorld(
            api: GoogleAPI(
                environment: environment,
                transport: transport,
                tokens: tokens,
                retry: Self.retry,
                onRetry: { tool.noteWait($0, $1) }
            ),
            project: order.project,
            store: try store(order.bucket),
            tardis: { tardis(tardisURL, key: $0) },
            tokens: tokens,
            clock: tool.context.clock,
            random: tool.context.random
        )
    }
}

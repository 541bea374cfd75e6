public import Common
import Console
public import GoogleCloud
public import Transport

/// The connections to Google that a tool has: its settings say as whom.
public struct GoogleConnection: Sendable {
    /// Google's services answer within seconds, or the operator should hear of it; rate limits are renewed each minute.
    private static let retry = RetryPolicy(tries: 8, budget: .seconds(150))

    /// What carries the requests; shut it down at the end.
    public let transport: CurlTransport
    /// Google's services other than storage.
    public let api: GoogleAPI
    private let tool: ToolRun
    private let environment: [String: String]
    private let credentials: CredentialSources

    /// Connections as the tool's settings want them.
    public init(_ tool: ToolRun) {
        self.tool = tool
        var environment = tool.context.environment
        // A flag or a settings file says the same as the variable.
        environment["GCP_CREDENTIALS_PATH"] = tool.arguments.string(SharedOptions.credentials.name)
            .map(tool.context.absolute)
        self.environment = environment
        transport = CurlTransport(userAgent: Kit.userAgent, environment: environment)
        credentials = CredentialSources(environment: environment, home: tool.context.home, transport: transport)
        api = GoogleAPI(
            environment: environment,
            transport: transport,
            tokens: credentials.tokens(),
            retry: Self.retry,
            onRetry: { tool.noteWait($0, $1) }
        )
    }

    /// The bucket `NAME` or `gs://NAME`. Throws `UsageError` for what is none.
    public func bucket(_ text: String) throws -> GCSStore {
        let place = text.hasPrefix("gs://") ? text : "gs://\(text)"
        guard let bucket = try store(place) as? GCSStore else {
            throw tool.arguments.error("--bucket: \(text) is no bucket")
        }
        return bucket
    }

    /// The bucket `gs://NAME`, or a folder. Throws `UsageError` for what is neither.
    public func store(_ place: String) throws -> any ObjectStore {
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
            throw tool.arguments.error("--bucket: \(error.detail)")
        }
    }
}

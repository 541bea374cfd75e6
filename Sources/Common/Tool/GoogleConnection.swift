import FleetModel
import Console
public import GoogleCloud
import Text
public import Transport

/// The connections of a tool: HTTP, Google's services and the store, as the tool's settings say.
public struct GoogleConnection: Sendable {
    /// Google's services answer within seconds, or the operator should hear of it; rate limits are renewed each minute.
    public static let usualRetry = RetryPolicy(tries: 8, budget: .seconds(150))

    /// What carries the requests; shut it down at the end.
    public let transport: CurlTransport
    public let api: GoogleAPI
    /// The environment, with what flags and settings files say in place of the variables.
    public let environment: [String: String]

    /// The time by the services' clocks.
    public let clock: ServerClock

    private let tool: ToolRun
    private let google: ClockedTransport
    private let retry: RetryPolicy
    private let credentials: CredentialSources
    private let billing: BillingProject

    /// Connections as the tool's settings want them. Throws `UsageError` for an address to which no secret may go.
    public init(_ tool: ToolRun, retry: RetryPolicy = usualRetry) throws {
        self.tool = tool
        self.retry = retry
        let arguments = tool.arguments
        var environment = tool.context.environment
        // A flag or a settings file says the same as the variable.
        var isFromLyingFile = false
        if let path = arguments.string(SharedOptions.credentials.name) {
            environment["GCP_CREDENTIALS_PATH"] = tool.context.absolute(path)
            isFromLyingFile = tool.isFromLyingFile(SharedOptions.credentials.name)
            // Who names a file on the command line means it.
            if arguments.origin(SharedOptions.credentials.name) == .flag {
                environment["CLOUDSDK_AUTH_ACCESS_TOKEN"] = nil
            }
        }
        self.environment = environment
        if let name = malformedProxy(in: environment) {
            throw arguments.error("\(name) is no address of a proxy, such as http://proxy.example:3128")
        }
        let isLenient = arguments.flag(SharedOptions.insecureEndpoints.name)
        if !isLenient { try Self.check(environment, arguments) }
        Self.warnOfReadable(environment, tool)
        transport = CurlTransport(
            userAgent: BuildInfo.userAgent,
            environment: environment,
            allowsInsecureEndpoints: isLenient
        )
        credentials = CredentialSources(
            environment: environment,
            home: tool.context.home,
            transport: transport,
            clock: tool.context.clock,
            // Such a file says where tokens are sent, and which files are read for them.
            allowsOtherIdentities: !isFromLyingFile
        )
        let project = arguments.has(SharedOptions.project.name) ? arguments.string(SharedOptions.project.name) : nil
        billing = BillingProject { [credentials] in
            if let project { return project }
            return (try? await credentials.projectID()).flatMap { $0 }
        }
        clock = ServerClock(tool.context.clock.epochMicroseconds)
        google = ClockedTransport(base: transport, clock: clock)
        api = GoogleAPI(
            environment: environment,
            transport: google,
            tokens: credentials.tokens(),
            billing: billing,
            retry: retry,
            clock: tool.context.clock,
            onRetry: { tool.noteWait($0, $1) }
        )
    }

    /// Does some work with connections, and shuts them down however it ends.
    public static func with<Result>(
        _ tool: ToolRun,
        retry: RetryPolicy = usualRetry,
        _ work: (GoogleConnection) async throws -> Result
    ) async throws -> Result {
        let connection = try GoogleConnection(tool, retry: retry)
        do {
            let result = try await work(connection)
            await connection.transport.shutdown()
            return result
        } catch {
            await connection.transport.shutdown()
            throw error
        }
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
    public func store(_ place: String, chunkBytes: Int = GCSStore.defaultChunkBytes) throws -> any ObjectStore {
        do {
            return try openObjectStore(
                place,
                environment: environment,
                transport: google,
                tokens: credentials.storageTokens(),
                billing: billing,
                retry: retry,
                chunkBytes: chunkBytes,
                clock: tool.context.clock,
                onRetry: { [tool] in tool.noteWait($0, $1) }
            )
        } catch let error as StorageError {
            throw tool.arguments.error("\(error)")
        }
    }

    /// The service account that the credentials file is about, where there is one.
    public var identity: String? { credentials.serviceAccount }

    /// The metadata server of this virtual machine.
    public var metadata: MetadataServer {
        MetadataServer(environment: environment, transport: transport, clock: tool.context.clock, isExpected: true)
    }

    /// Addresses of Google's services get a token with every request. `STORAGE_EMULATOR_HOST` does not belong here: emulators
    /// are asked without a token, unless credentials are named, which the transport sees.
    private static func check(_ environment: [String: String], _ arguments: ParsedArguments) throws {
        let prefix = "CLOUDSDK_API_ENDPOINT_OVERRIDES_"
        for (name, url) in environment.sorted(by: { $0.key < $1.key })
        where name.hasPrefix(prefix) && url.lowercased().hasPrefix("http:") && !isLoopbackURL(url) {
            throw arguments.error("\(name) \(SharedOptions.insecure)")
        }
    }

    private static func warnOfReadable(_ environment: [String: String], _ tool: ToolRun) {
        for name in ["GCP_CREDENTIALS_PATH", "GOOGLE_APPLICATION_CREDENTIALS"] {
            guard let path = environment[name], !path.isEmpty else { continue }
            if tool.context.files.isReadableByOthers(tool.context.absolute(path)) {
                tool.logger.warning(
                    "other users of this machine can read the credentials file; chmod 600 it",
                    ["path": .string(path)]
                )
            }
        }
    }
}

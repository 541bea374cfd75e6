import Common
import Console
import GoogleCloud
import Tardis
import Transport

/// What a download reaches: Tardis, the store, the screen.
struct DownloadWorld: Sendable {
    let transport: CurlTransport
    let store: any ObjectStore
    let tardis: TardisClient
    /// Where the platform may take the machine away.
    let preemption: PreemptionWatch?
    let progress: ProgressReporter
    let logger: Logger

    /// Bytes of an upload that are kept until the server has them; less with many files in flight, for memory's sake.
    private static func chunkBytes(workers: Int) -> Int { workers > 8 ? 4 << 20 : 8 << 20 }

    init(
        _ run: ToolRun,
        _ settings: DownloadSettings,
        progress: ProgressReporter,
        onWait: @escaping @Sendable (TardisError, Duration) -> Void
    ) async throws {
        var environment = run.context.environment
        // A flag or a settings file says the same as the variable.
        environment["GCP_CREDENTIALS_PATH"] = run.arguments.string(SharedOptions.credentials.name)
            .map(run.context.absolute)
        transport = CurlTransport(userAgent: Kit.userAgent, environment: environment)
        let credentials = CredentialSources(
            environment: environment,
            home: run.context.home,
            transport: transport
        )
        do {
            store = try openObjectStore(
                settings.place,
                environment: environment,
                transport: transport,
                tokens: credentials.storageTokens(),
                chunkBytes: Self.chunkBytes(workers: settings.workers),
                onRetry: { run.noteWait($0, $1) }
            )
        } catch let error as StorageError {
            throw run.arguments.error("\(error)")
        }
        let now = run.context.clock.epochMicroseconds
        var options = settings.tardis
        if let secret = settings.secret, !settings.readsFolder {
            let api = GoogleAPI(
                environment: environment,
                transport: transport,
                tokens: credentials.tokens(),
                onRetry: { run.noteWait($0, $1) }
            )
            do {
                options.key = try await Self.key(secret, api)
            } catch {
                await transport.shutdown()
                throw error
            }
        }
        tardis = TardisClient(
            options: options,
            transport: transport,
            now: { now() / 1_000_000 },
            onWait: onWait
        )
        preemption =
            settings.watchesPreemption
            ? PreemptionWatch(
                MetadataServer(environment: environment, transport: transport),
                logger: run.logger,
                clock: run.context.clock
            ) : nil
        self.progress = progress
        logger = run.logger
    }

    /// The Tardis key that the secret holds. A line end behind it, as `echo` leaves one, is none of the key.
    private static func key(_ secret: SecretName, _ api: GoogleAPI) async throws -> Secret {
        var text = try await SecretManagerClient(api: api).access(secret).payload.reveal()
        while text.last?.isNewline == true { text.removeLast() }
        guard !text.isEmpty, TardisSettings.isKey(text) else {
            throw UsageError("the Tardis key in secret \(secret) \(text.isEmpty ? "is empty" : TardisSettings.noKey)")
        }
        return Secret(text)
    }

    /// The catalogues of the exchanges; one that cannot be had is left out, and the data sets' own answers decide.
    func catalogues(_ exchanges: Set<String>) async throws -> [String: ExchangeCatalogue] {
        var found: [String: ExchangeCatalogue] = [:]
        for exchange in exchanges.sorted() {
            do {
                found[exchange] = try await tardis.catalogue(exchange: exchange)
            } catch let error as TardisError {
                try Task.checkCancellation()
                logger.warning(
                    "the catalogue could not be read; what is absent will show when it is asked for",
                    ["reason": .string("\(error)")]
                )
            }
        }
        return found
    }
}

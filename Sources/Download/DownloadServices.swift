import FleetModel
import Common
import Console
import GoogleCloud
import Host
import Tardis
import Text
import Transport

/// What a download reaches: Tardis, the store, the screen.
struct DownloadServices: Sendable {
    let transport: CurlTransport
    let store: any ObjectStore
    /// Waits for roles that were granted a moment ago.
    let grants: GrantPatience
    let tardis: TardisClient
    /// What the key may fetch, once a file was refused.
    let coverage: KeyCoverage
    let catalogues: Catalogues
    /// Where the platform may take the machine away.
    let preemption: PreemptionWatch?
    /// Microseconds since 1970, by the store's clock.
    let now: @Sendable () -> Int64
    let progress: ProgressReporter
    let logger: Logger

    /// Files in flight that do not need to be sparing with memory.
    private static let fewWorkers = 8

    /// Bytes of an upload that are kept until the server has them, twice while they are sent: for memory's sake 32 MiB for all files in
    /// flight, in the steps of 256 KiB that Cloud Storage wants; at least 1 MiB each, for the requests' sake.
    static func chunkBytes(workers: Int) -> Int {
        let step = 256 << 10
        return min(8 << 20, max(1 << 20, (32 << 20) / workers / step * step))
    }

    init(
        _ run: ToolRun,
        _ settings: DownloadSettings,
        progress: ProgressReporter,
        onWait: @escaping @Sendable (TardisError, Duration) -> Void
    ) async throws {
        if settings.workers > Self.fewWorkers { FreedMemory.givesBack(from: 512 << 10) }
        let connection = try GoogleConnection(run, retry: RetryPolicy())
        transport = connection.transport
        let grants = GrantPatience(isOnVM: settings.watchesPreemption, logger: run.logger, clock: run.context.clock)
        self.grants = grants
        store = try connection.store(settings.place, chunkBytes: Self.chunkBytes(workers: settings.workers))
        let now = run.context.clock.epochMicroseconds
        var options = settings.tardis
        if let secret = settings.secret, !settings.readsFolder {
            do {
                options.key = try await grants.first("secret") { try await Self.key(secret, connection.api) }
            } catch {
                await transport.shutdown()
                throw error
            }
        }
        tardis = TardisClient(
            options: options,
            transport: transport,
            clock: run.context.clock,
            onWait: onWait
        )
        coverage = KeyCoverage(tardis)
        catalogues = Catalogues(
            tardis,
            apiURL: options.apiURL,
            isThere: !settings.readsFolder,
            logger: run.logger,
            now: now
        )
        preemption =
            settings.watchesPreemption
            ? PreemptionWatch(
                connection.metadata,
                logger: run.logger,
                clock: run.context.clock
            ) : nil
        self.now = connection.clock.epochMicroseconds
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

    /// The objects of these names, with their checksums where the bucket has any: its listing leaves them out where it encrypts
    /// with a key of the customer's. Throws `StorageError`.
    func existing(_ date: CalendarDate, of names: Set<String>) async throws -> [String: ObjectInfo] {
        let listed = try await store.listAll(prefix: ObjectLayout.dataPrefix(date)).filter { names.contains($0.name) }
        let objects = try await store.withChecksums(listed)
        let unchecked = objects.count { $0.crc32c == nil }
        if unchecked > 0 {
            logger.warning(
                "the bucket tells no checksums, so sizes alone are compared",
                ["objects": .int(Int64(unchecked))]
            )
        }
        return Dictionary(objects.map { ($0.name, $0) }) { first, _ in first }
    }
}

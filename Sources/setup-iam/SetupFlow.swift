import Common
import Console
import Fleet
import GoogleCloud
import Transport

/// What `setup-iam` does: look at each thing, and make what is missing unless it is only to be shown.
struct SetupFlow: Sendable {
    let run: ToolRun
    let settings: SetupSettings
    let connection: GoogleConnection
    let services: ServiceUsageClient
    let images: ArtifactRegistryClient
    let secrets: SecretManagerClient
    let projects: ResourceManagerClient

    init(_ run: ToolRun, _ settings: SetupSettings, _ connection: GoogleConnection) {
        self.run = run
        self.settings = settings
        self.connection = connection
        services = ServiceUsageClient(api: connection.api)
        images = ArtifactRegistryClient(api: connection.api)
        secrets = SecretManagerClient(api: connection.api)
        projects = ResourceManagerClient(api: connection.api)
    }

    var isPlan: Bool { settings.mode != .apply }
    var member: String { RunbookAccess.member(settings.serviceAccount) }

    /// Does it and shows what was found and what was done.
    func run() async throws -> ExitStatus {
        var report = SetupReport(project: settings.project, serviceAccount: settings.serviceAccount, isPlan: isPlan)
        if settings.isRemoval {
            guard try await remove(&report) else { return .failed }
        } else {
            // The key is read before anything is changed.
            let key = settings.secret == nil ? nil : try SetupSettings.key(run)
            if settings.enablesAPIs { try await apis(&report) }
            if settings.createsBucket { try await bucket(&report) }
            if settings.createsRepository { try await repository(&report) }
            if let secret = settings.secret { try await self.secret(secret, key, &report) }
            for (place, grants) in places(settings.grants) { try await roles(place, grants, &report) }
        }
        show(report)
        return settings.mode == .check && !report.isComplete ? .incomplete : .done
    }

    func permissions(_ place: RoleGrant.Place) -> String {
        switch place {
        case .project: "resourcemanager.projects"
        case .bucket: "storage.buckets"
        case .repository: "artifactregistry.repositories"
        case .secret: "secretmanager.secrets"
        }
    }

    @discardableResult
    func explained<T>(_ place: RoleGrant.Place, _ needs: String, _ body: () async throws -> T) async throws -> T {
        do {
            return try await body()
        } catch {
            throw AccessError.explaining(error, about: place, needs: needs)
        }
    }

    /// What a look says while its API is disabled: in a plan, what there is then; after this run enabled it, what comes once
    /// Google has got round to it, which takes up to some minutes.
    func ifEnabled<T>(else none: T, _ look: () async throws -> T) async throws -> T {
        var state = RetryState(RetryPolicy(tries: 20, budget: .seconds(240), base: .seconds(2), cap: .seconds(20)))
        let start = run.context.clock.monotonic()
        while true {
            do {
                return try await look()
            } catch let error as GoogleAPIError where error.kind == .apiDisabled && settings.enablesAPIs {
                if isPlan { return none }
                var generator = run.context.generator
                let elapsed = run.context.clock.monotonic() - start
                let next = state.failed(advice: .backoff, elapsed: elapsed) { Double.random(in: $0, using: &generator) }
                guard case .retry(let pause) = next else { throw error }
                run.noteWait(error, pause)
                try await run.context.clock.sleep(pause)
            }
        }
    }

    func word(_ isThere: Bool) -> String { isThere ? "there" : "missing" }

    func note(_ what: String, _ name: String, on place: String) {
        run.logger.info(what, ["name": .string(name), "on": .string(place)])
    }

    private func show(_ report: SetupReport) {
        switch run.arguments.string(StandardOptions.output.name) {
        case "json": run.print(report.json.text(.pretty))
        case "jsonl": for line in report.lines { run.print(line.text()) }
        default: run.print(report.table)
        }
        if report.isComplete {
            run.logger.info(
                settings.isRemoval
                    ? "nothing to take away; nothing was written" : "nothing is missing; nothing was written"
            )
        }
    }
}

import Common
import Console
import GoogleCloud
import Text
import Transport

/// What `setup-iam` does: look at each thing, and make what is missing unless it is only to be shown.
struct SetupCommand: Sendable {
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

    /// Whether things are only looked at.
    var isPlan = true
    var member: String { RequiredRoles.member(settings.serviceAccount) }

    /// Does it and shows what was found and what was done.
    func execute() async throws -> ExitStatus {
        var flow = self
        run.logger.info(
            settings.isRemoval ? "roles are taken from this account" : "roles are for this account",
            ["account": .string(settings.serviceAccount), "project": .string(settings.project)]
        )
        let hasDefault = { (option: OptionSpec, variable: String) in
            run.arguments.string(option.name) == DeploymentDefaults.values[variable]
        }
        if hasDefault(SharedOptions.serviceAccount, "SERVICE_ACCOUNT"),
            !hasDefault(SharedOptions.project, "GCP_PROJECT_ID")
        {
            run.logger.warning(
                "the account is that of the runbook's own project; set SERVICE_ACCOUNT to one of yours",
                ["account": .string(settings.serviceAccount)]
            )
        }
        let key = settings.secret == nil || settings.isRemoval ? nil : try SetupSettings.key(run)
        // All is looked at before anything is changed, so that a wrong setting changes nothing.
        var report = settings.isRemoval ? try await flow.removal() : try await flow.setup(key)
        if settings.mode == .apply, !report.isComplete {
            if settings.isRemoval {
                guard try confirm(report) else { return .failed }
            }
            flow.isPlan = false
            report = settings.isRemoval ? try await flow.removal() : try await flow.setup(key)
        }
        show(report)
        return settings.mode == .check && !report.isComplete ? .incomplete : .done
    }

    private var emptyReport: SetupReport {
        SetupReport(project: settings.project, serviceAccount: settings.serviceAccount, isPlan: isPlan)
    }

    /// Looks at everything that is asked for, and makes what is missing.
    private func setup(_ key: Secret?) async throws -> SetupReport {
        var report = emptyReport
        if settings.enablesAPIs { try await apis(&report) }
        if settings.createsBucket { try await bucket(&report) }
        if settings.createsRepository { try await repository(&report) }
        if let secret = settings.secret { try await self.secret(secret, key, &report) }
        for (place, grants) in places(settings.grants) { try await roles(place, grants, &report) }
        return report
    }

    /// Looks at the roles, and takes away those that are there.
    private func removal() async throws -> SetupReport {
        var report = emptyReport
        let grants = settings.grants + (settings.secret == nil ? [] : [RequiredRoles.secretReader])
        for (place, grants) in places(grants) { try await removeRoles(place, grants, &report) }
        return report
    }

    private func confirm(_ plan: SetupReport) throws -> Bool {
        if !settings.isYes, run.context.terminal.stderrIsTerminal {
            run.context.messages.write(plan.table.render(width: run.context.terminal.outputWidth))
        }
        let count = plan.items.count { $0.change == .removed }
        let question = "Take \(count == 1 ? "1 role" : "\(count) roles") from \(settings.serviceAccount)?"
        if try run.confirm(question, isYes: settings.isYes) { return true }
        run.logger.info("nothing was changed")
        return false
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
        guard settings.enablesAPIs else { return try await look() }
        guard isPlan else { return try await onceEnabled(look) }
        do {
            return try await look()
        } catch let error as GoogleAPIError where error.kind == .apiDisabled {
            return none
        }
    }

    /// Does what reads or writes the project's roles. It needs the Resource Manager API, which no new project has enabled, and
    /// which a service account's requests need in its own project: so it is enabled first, as gcloud would offer to.
    func withRolesAPI<T>(_ report: inout SetupReport, _ work: () async throws -> T) async throws -> T {
        do {
            return try await work()
        } catch let error as GoogleAPIError where error.kind == .apiDisabled && settings.mode == .apply && !isPlan {
            let name = GoogleService.resourceManager.apiName
            addRolesAPI(&report)
            try await explained(.project, "serviceusage.services.enable") {
                try await services.enable([name], project: settings.project)
            }
            note("APIs enabled", name, on: "project \(settings.project)")
            return try await onceEnabled(work)
        }
    }

    /// The API that reading and writing roles needs, where `--enable-apis` does not list it already.
    func addRolesAPI(_ report: inout SetupReport) {
        let name = GoogleService.resourceManager.apiName
        guard !report.items.contains(where: { $0.kind == .api && $0.name == name }) else { return }
        report.items.append(
            SetupItem(kind: .api, name: name, place: "project \(settings.project)", before: "missing", change: .added)
        )
    }

    /// Does it, again and again while its API is said to be disabled.
    private func onceEnabled<T>(_ work: () async throws -> T) async throws -> T {
        var state = RetryState(RetryPolicy(tries: 20, budget: .seconds(240), base: .seconds(2), cap: .seconds(20)))
        let start = run.context.clock.monotonic()
        while true {
            do {
                return try await work()
            } catch let error as GoogleAPIError where error.kind == .apiDisabled {
                let elapsed = run.context.clock.monotonic() - start
                let next = state.failed(advice: .backoff, elapsed: elapsed, random: run.context.clock.uniform)
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
        for warning in report.warnings { run.logger.warning(warning.message, [warning.key: .string(warning.value)]) }
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

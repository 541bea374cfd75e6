import Common
import Console
import GoogleCloud
import Transport

/// What the roles are given on: APIs, bucket, repository, and the key's secret.
extension SetupCommand {
    func apis(_ report: inout SetupReport) async throws {
        let names = RequiredRoles.apis(withSecret: settings.secret != nil)
        let project = "project \(settings.project)"
        let enabled = try await explained(.project, "serviceusage.services.get") {
            try await services.enabled(names, project: settings.project)
        }
        let missing = names.filter { !enabled.contains($0) }
        for name in names {
            let isThere = enabled.contains(name)
            report.items.append(
                SetupItem(
                    kind: .api,
                    name: name,
                    place: project,
                    before: word(isThere),
                    change: isThere ? .none : .added
                )
            )
        }
        guard !isPlan, !missing.isEmpty else { return }
        try await explained(.project, "serviceusage.services.enable") {
            try await services.enable(missing, project: settings.project)
        }
        note("APIs enabled", missing.joined(separator: ", "), on: project)
    }

    func bucket(_ report: inout SetupReport) async throws {
        let store = try connection.bucket(settings.bucket)
        try await thing(
            .bucket,
            store.location,
            &report,
            looking: "storage.buckets.get",
            making: "storage.buckets.create"
        ) {
            try await store.bucketExists()
        } make: {
            try await store.createBucket(project: settings.project, location: settings.location)
        }
    }

    func repository(_ report: inout SetupReport) async throws {
        guard let repository = settings.repository else { return }
        let permissions = "artifactregistry.repositories"
        try await thing(
            .repository,
            "\(repository)",
            &report,
            looking: "\(permissions).get",
            making: "\(permissions).create"
        ) {
            try await images.exists(repository)
        } make: {
            try await images.create(repository, description: "Market Tick Data Handler Docker Images")
        }
    }

    /// Something that is there or is made.
    private func thing(
        _ place: RoleGrant.Place,
        _ name: String,
        _ report: inout SetupReport,
        looking: String,
        making: String,
        exists: () async throws -> Bool,
        make: () async throws -> Void
    ) async throws {
        let project = "project \(settings.project)"
        let isThere = try await explained(place, looking) { try await ifEnabled(else: false) { try await exists() } }
        report.items.append(
            SetupItem(
                kind: place == .bucket ? .bucket : .repository,
                name: name,
                place: project,
                before: word(isThere),
                change: isThere ? .none : .added
            )
        )
        guard !isPlan, !isThere else { return }
        try await explained(place, making) { try await make() }
        note("\(place.rawValue) created", name, on: project)
    }

    func secret(_ name: SecretName, _ key: Secret?, _ report: inout SetupReport) async throws {
        let secret = KeySecret(name, serviceAccount: settings.serviceAccount, client: secrets)
        let state = try await explained(.secret, "secretmanager.versions.access") {
            try await ifEnabled(else: KeySecret.State()) { try await secret.look(key) }
        }
        if !state.holdsKey, key == nil, settings.mode != .check {
            throw TardisKeyMissing(secret: name.secret)
        }
        let before =
            state.version == nil ? (state.exists ? "empty" : "missing") : state.holdsKey ? "there" : "another key"
        report.items += [
            SetupItem(
                kind: .secret,
                name: name.name,
                place: "project \(name.project)",
                before: before,
                change: state.holdsKey ? .none : .added
            ),
            SetupItem(
                kind: .role,
                name: RequiredRoles.secretReader.role,
                place: "secret \(name.secret)",
                before: word(state.isShared),
                change: state.isShared ? .none : .added
            ),
        ]
        if !state.otherReaders.isEmpty {
            report.warnings.append(
                .init(
                    message: "others may read the secret too",
                    key: "members",
                    value: state.otherReaders.joined(separator: ", ")
                )
            )
        }
        guard !isPlan, !state.isComplete else { return }
        let version = try await explained(.secret, "secretmanager.versions.add") {
            try await secret.complete(state, key: key)
        }
        note("secret ready", "\(version)", on: "project \(name.project)")
    }
}

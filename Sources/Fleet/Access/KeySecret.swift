import GoogleCloud
import Transport

/// The Tardis key's secret: looked at, and brought to where it should be.
struct KeySecret: Sendable {
    struct State: Sendable, Equatable {
        var exists = false
        /// The newest version, if it can be read by anyone.
        var version: SecretName?
        /// Whether that version holds the key that was asked about.
        var holdsKey = false
        /// Whether the service account may read it by the secret's own policy.
        var isShared = false
        /// Who else may, by the same policy.
        var otherReaders: [String] = []

        /// A secret that is not there.
        init() {}

        /// Whether nothing has to be done.
        var isComplete: Bool { holdsKey && isShared }
    }

    /// Which secret; a version in the name is not looked at.
    let name: SecretName
    private let client: SecretManagerClient
    private let member: String

    init(_ name: SecretName, serviceAccount: String, client: SecretManagerClient) {
        self.name = name.version(nil)
        self.client = client
        member = RequiredRoles.member(serviceAccount)
    }

    /// Looks, and changes nothing. Without a key any version that can be read is taken for right. Throws `GoogleAPIError`.
    func look(_ key: Secret?) async throws -> State {
        var state = State()
        state.exists = true
        if let newest = try await newest() {
            state.version = newest.version
            state.holdsKey = key.map { $0 == newest.payload } ?? true
        } else {
            state.exists = try await client.exists(name)
        }
        guard state.exists else { return state }
        let policy = try await client.iam(name).policy()
        let readers = policy.bindings.filter { $0.role == RequiredRoles.secretReader.role }.flatMap(\.members)
        state.isShared = policy.grants(RequiredRoles.secretReader.role, to: member)
        state.otherReaders = readers.filter { $0 != member }
        return state
    }

    /// The newest version; nil when there is no secret, no version of it, or when the newest is disabled or destroyed.
    private func newest() async throws -> (payload: Secret, version: SecretName)? {
        do {
            return try await client.access(name)
        } catch let error as GoogleAPIError where error.kind == .notFound || error.kind == .invalid {
            return nil
        }
    }

    /// Does what the state leaves to do: the secret, a version with the key, the service account as its reader. Returns the
    /// version to use. Throws `GoogleAPIError`, of the kind `invalid` when a version has to be made and there is no key.
    func complete(_ state: State, key: Secret?) async throws -> SecretName {
        var version = state.version
        if !state.holdsKey || version == nil {
            guard let key else {
                throw GoogleAPIError(
                    .invalid,
                    operation: "fill secret \(name.secret)",
                    detail: "there is no Tardis key; set TARDIS_API_KEY"
                )
            }
            if !state.exists { try await create() }
            version = try await client.addVersion(key, to: name)
        }
        if !state.isShared {
            try await client.iam(name).updatePolicy { $0.adding([RequiredRoles.secretReader], for: member) }
        }
        return version ?? name
    }

    /// Takes the service account from the secret's readers; returns whether it was one.
    func unshare() async throws -> Bool {
        try await client.iam(name).updatePolicy { $0.removing([RequiredRoles.secretReader], for: member) }.isWritten
    }

    private func create() async throws {
        do {
            try await client.create(name)
        } catch  where error.kind == .alreadyExists {
            // Someone else was faster, or the answer to the first try was lost.
        }
    }
}

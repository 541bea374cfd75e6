import Console
public import GoogleCloud
import Transport

/// How the Tardis key gets to the VMs.
public enum KeyPlan: Sendable, Equatable {
    /// No key: free days only.
    case none
    /// In the VMs' metadata.
    case plain
    /// This version of a secret; `isShared` when the service account may read it already.
    case version(SecretName, isShared: Bool)
    /// A version that is made from the key, in a secret that is made too if it `isNew`.
    case newVersion(SecretName, isNew: Bool, isShared: Bool)

    /// What the service account needs to read a secret.
    static let role = "roles/secretmanager.secretAccessor"

    /// What would be done, as lines for people.
    var steps: [String] {
        switch self {
        case .none, .plain, .version(_, isShared: true): []
        case .version(let name, isShared: false): ["let the service account read \(name.secret)"]
        case .newVersion(let name, let isNew, let isShared):
            (isNew ? ["make the secret \(name.secret)"] : []) + ["add a version with TARDIS_API_KEY to \(name.secret)"]
                + (isShared ? [] : ["let the service account read \(name.secret)"])
        }
    }
}

/// Carries out a plan for the key.
struct KeyKeeper: Sendable {
    let order: FleetOrder
    let world: FleetWorld
    let logger: Logger

    /// Makes what is missing and returns what VMs are told. Where that is not permitted the key goes into metadata, with a
    /// warning, unless that is forbidden. Throws `GoogleAPIError`.
    func carryOut(_ plan: KeyPlan) async throws -> VMSettings.Key {
        switch plan {
        case .none: return .none
        case .plain: return order.key.map { .plain($0) } ?? .none
        case .version(let version, let isShared):
            if !isShared { try await share(version) }
            return .secret(version.resource)
        case .newVersion(let name, let isNew, let isShared):
            guard let key = order.key else { return .none }
            do {
                if isNew { try await create(name) }
                let version = try await world.secrets.addVersion(key, to: name)
                if !isShared { try await share(name) }
                return .secret(version.resource)
            } catch let error as GoogleAPIError where error.kind == .permission && order.allowsPlainKey {
                logger.warning(
                    "the key goes into the VMs' metadata, which viewers of the project can read; setup-iam --secret changes that",
                    ["reason": .string("\(error)")]
                )
                return .plain(key)
            }
        }
    }

    private func create(_ name: SecretName) async throws {
        do {
            try await world.secrets.create(name)
        } catch where error.kind == .alreadyExists {
            // Someone else was faster, or the answer to the first try was lost.
        }
    }

    private func share(_ name: SecretName) async throws {
        _ = try await world.secrets.iam(name).updatePolicy {
            $0.adding("serviceAccount:\(order.serviceAccount)", to: KeyPlan.role)
        }
    }
}

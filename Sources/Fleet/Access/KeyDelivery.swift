import Common
import Console
import GoogleCloud
import Text
import Transport

/// How the Tardis key gets to the VMs.
enum KeyDelivery: Sendable {
    /// No key: free days only.
    case none
    /// In the VMs' metadata.
    case plain(Secret)
    /// In a secret, which is brought to where it should be; `version` is the one that was named.
    case secret(KeySecret, KeySecret.State, version: SecretName?)
    /// In this version of a secret that may not be looked at here.
    case unseen(SecretName)

    /// What would be done, for people.
    var steps: [String] {
        guard case .secret(let secret, let state, _) = self else { return [] }
        return (state.exists ? [] : ["make the secret \(secret.name)"])
            + (state.holdsKey ? [] : ["add a version with TARDIS_API_KEY to \(secret.name)"])
            + (state.isShared ? [] : ["let the service account read \(secret.name)"])
    }

    /// Does that, and returns what VMs are told. Where it is not permitted the key goes into metadata, with a warning, unless
    /// that is forbidden. Throws `GoogleAPIError`.
    func carryOut(_ spec: LaunchSpec, _ logger: Logger) async throws -> VMSettings.Key {
        switch self {
        case .none: return .none
        case .plain(let key): return .plain(key)
        case .unseen(let name): return .secret(name.resource)
        case .secret(let secret, let state, let named):
            do {
                let version = try await secret.complete(state, key: spec.key)
                return .secret((named ?? version).resource)
            } catch let error as GoogleAPIError where error.kind == .permission && spec.allowsPlainKey {
                guard let key = spec.key, !state.holdsKey else { throw error }
                logger.warning(
                    "the key goes into the VMs' metadata, which viewers of the project can read; setup-iam --secret changes that",
                    ["reason": .string("\(error)")]
                )
                return .plain(key)
            }
        }
    }
}

import Common
import Console
import GoogleCloud
import Transport

/// How VMs can get the Tardis key.
struct KeyCheck: Sendable {
    let order: FleetOrder
    let secrets: SecretManagerClient

    /// The secret's name where none is given.
    static let standardName = "tardis-api-key"

    /// What was learned.
    struct Facts: Sendable {
        /// The way.
        var plan: KeyPlan
        /// The key, if it is known here, to ask Tardis about it.
        var key: Secret?
    }

    func check() async -> Checked<Facts> {
        if let text = order.secret { return await named(text) }
        if order.isFree {
            let fine = Finding("secret", .fine, "not needed: first days of a month are free")
            return Checked(Facts(plan: .none, key: nil), [fine])
        }
        guard let key = order.key else {
            let standard = SecretName(project: order.project, name: Self.standardName)
            let isThere = (try? await secrets.latestEnabledVersion(standard)).flatMap { $0 } != nil
            let secret =
                isThere
                ? "use the secret that is there: --secret \(Self.standardName)"
                : "name a secret that holds it with --secret"
            let text =
                "there is no Tardis key: set TARDIS_API_KEY, or \(secret) (only first days of a month are free)"
            return Checked(nil, [Finding("secret", .error(.credentials), text, isAboutLaunch: true)])
        }
        return await standard(key)
    }

    /// The secret of `--secret`, which must be there.
    private func named(_ text: String) async -> Checked<Facts> {
        guard let name = SecretName(text, project: order.project) else {
            let text = "--secret \(text) is neither a secret's name nor projects/P/secrets/NAME[/versions/V]"
            return Checked(nil, [Finding("secret", .error(.usage), text)])
        }
        do {
            let (key, version) = try await secrets.access(name)
            let secret = KeySecret(name, serviceAccount: order.serviceAccount, client: secrets)
            let plan = KeyPlan.secret(secret, try await secret.look(nil), version: version)
            return Checked(Facts(plan: plan, key: key), [Finding("secret", .fine, "\(version)")])
        } catch let error as GoogleAPIError where error.kind == .notFound {
            let text = "\(name) is not there, or has no version; make it: \(AccessCheck.setup) --secret \(name.name)"
            return Checked(nil, [Finding("secret", .error(.usage), text, isAboutLaunch: true)])
        } catch let error as GoogleAPIError where error.kind == .permission {
            // The VMs' service account may be allowed what the operator is not.
            let text = "\(name) may not be looked at here and is taken as it is: \(error)"
            return Checked(Facts(plan: .unseen(name), key: nil), [Finding("secret", .warning, text)])
        } catch {
            return Checked(nil, [Finding("secret", error, isAboutLaunch: true)])
        }
    }

    /// The kit's own secret, made from the key where it can be.
    private func standard(_ key: Secret) async -> Checked<Facts> {
        let name = SecretName(project: order.project, name: Self.standardName)
        let secret = KeySecret(name, serviceAccount: order.serviceAccount, client: secrets)
        do {
            let plan = KeyPlan.secret(secret, try await secret.look(key), version: nil)
            let text = plan.steps.isEmpty ? "\(name)" : "to do: \(plan.steps.joined(separator: ", "))"
            return Checked(Facts(plan: plan, key: key), [Finding("secret", .fine, text)])
        } catch let error as GoogleAPIError where error.kind == .apiDisabled || error.kind == .permission {
            return plain(key, error)
        } catch {
            return Checked(nil, [Finding("secret", error, isAboutLaunch: true)])
        }
    }

    /// The key in metadata.
    private func plain(_ key: Secret, _ error: GoogleAPIError) -> Checked<Facts> {
        let remedy = "\(AccessCheck.setup) --enable-apis --secret \(Self.standardName)"
        let why =
            error.kind == .apiDisabled
            ? "Secret Manager is not enabled in \(order.project)" : "Secret Manager cannot be used (\(error))"
        guard order.allowsPlainKey else {
            let text = "\(why), and --no-plain-key forbids metadata; run \(remedy)"
            return Checked(nil, [Finding("secret", .error(.credentials), text, isAboutLaunch: true)])
        }
        let text =
            "the key is in the VMs' metadata, which viewers of the project can read: \(why); \(remedy) changes that"
        let finding = Finding("secret", .warning, text, isAboutLaunch: true)
        return Checked(Facts(plan: .plain(key), key: key), [finding])
    }
}

import Common
import Console
import GoogleCloud
import Transport

/// How VMs can get the Tardis key.
struct KeyCheck: Sendable {
    let spec: LaunchSpec
    let secrets: SecretManagerClient

    /// The secret's name where none is given.
    static let standardName = "tardis-api-key"

    struct Facts: Sendable {
        var plan: KeyDelivery
        /// The key, if it is known here, to ask Tardis about it.
        var key: Secret?
    }

    func check() async -> CheckOutcome<Facts> {
        if let text = spec.secret { return await named(text) }
        if spec.isFree {
            let fine = CheckResult("secret", .fine, "not needed: first days of a month are free")
            return CheckOutcome(Facts(plan: .none, key: nil), [fine])
        }
        guard let key = spec.key else {
            let standard = SecretName(project: spec.project, name: Self.standardName)
            let isThere = (try? await secrets.latestEnabledVersion(standard)).flatMap { $0 } != nil
            let secret =
                isThere
                ? "use the secret that is there: --secret \(Self.standardName)"
                : "name a secret that holds it with --secret"
            let text =
                "there is no Tardis key: set TARDIS_API_KEY, or \(secret) (only first days of a month are free)"
            return CheckOutcome(nil, [CheckResult("secret", .error(.credentials), text, isAboutLaunch: true)])
        }
        return await standard(key)
    }

    /// The secret of `--secret`, which must be there.
    private func named(_ text: String) async -> CheckOutcome<Facts> {
        guard let name = SecretName(text, project: spec.project) else {
            let text = "--secret \(text) is neither a secret's name nor projects/P/secrets/NAME[/versions/V]"
            return CheckOutcome(nil, [CheckResult("secret", .error(.usage), text)])
        }
        do {
            let (key, version) = try await secrets.access(name)
            let secret = KeySecret(name, serviceAccount: spec.serviceAccount, client: secrets)
            let plan = KeyDelivery.secret(secret, try await secret.look(nil), version: version)
            return CheckOutcome(Facts(plan: plan, key: key), [CheckResult("secret", .fine, "\(version)")])
        } catch let error as GoogleAPIError where error.kind == .notFound {
            let text = "\(name) is not there, or has no version; make it: \(AccessCheck.setup) --secret \(name.name)"
            return CheckOutcome(nil, [CheckResult("secret", .error(.usage), text, isAboutLaunch: true)])
        } catch let error as GoogleAPIError where error.kind == .permission {
            // The VMs' service account may be allowed what the operator is not.
            let text = "\(name) may not be looked at here and is taken as it is: \(error)"
            return CheckOutcome(Facts(plan: .unseen(name), key: nil), [CheckResult("secret", .warning, text)])
        } catch {
            return CheckOutcome(nil, [CheckResult("secret", error, isAboutLaunch: true)])
        }
    }

    /// The kit's own secret, made from the key where it can be.
    private func standard(_ key: Secret) async -> CheckOutcome<Facts> {
        let name = SecretName(project: spec.project, name: Self.standardName)
        let secret = KeySecret(name, serviceAccount: spec.serviceAccount, client: secrets)
        do {
            let plan = KeyDelivery.secret(secret, try await secret.look(key), version: nil)
            let text = plan.steps.isEmpty ? "\(name)" : "to do: \(plan.steps.joined(separator: ", "))"
            return CheckOutcome(Facts(plan: plan, key: key), [CheckResult("secret", .fine, text)])
        } catch let error as GoogleAPIError where error.kind == .apiDisabled || error.kind == .permission {
            return plain(key, error)
        } catch {
            return CheckOutcome(nil, [CheckResult("secret", error, isAboutLaunch: true)])
        }
    }

    /// The key in metadata.
    private func plain(_ key: Secret, _ error: GoogleAPIError) -> CheckOutcome<Facts> {
        let remedy = "\(AccessCheck.setup) --enable-apis --secret \(Self.standardName)"
        let why =
            error.kind == .apiDisabled
            ? "Secret Manager is not enabled in \(spec.project)" : "Secret Manager cannot be used (\(error))"
        guard spec.allowsPlainKey else {
            let text = "\(why), and --no-plain-key forbids metadata; run \(remedy)"
            return CheckOutcome(nil, [CheckResult("secret", .error(.credentials), text, isAboutLaunch: true)])
        }
        let text =
            "the key is in the VMs' metadata, which viewers of the project can read: \(why); \(remedy) changes that"
        let finding = CheckResult("secret", .warning, text, isAboutLaunch: true)
        return CheckOutcome(Facts(plan: .plain(key), key: key), [finding])
    }
}

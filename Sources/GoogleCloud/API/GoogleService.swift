/// Google's services other than storage that the kit calls.
public enum GoogleService: String, Sendable, CaseIterable {
    /// Compute Engine, v1.
    case compute
    /// Resource Manager, v1: a project's IAM policy.
    case resourceManager = "cloudresourcemanager"
    /// Service Usage, v1: which APIs a project has enabled.
    case serviceUsage = "serviceusage"
    /// Secret Manager, v1.
    case secretManager = "secretmanager"
    /// Artifact Registry, v1.
    case artifactRegistry = "artifactregistry"
    /// IAM, v1: service accounts.
    case iam

    /// What paths of the service are appended to: Google's address, or the one that gcloud's own variable
    /// `CLOUDSDK_API_ENDPOINT_OVERRIDES_…` names. Ends with a slash.
    public func root(_ environment: [String: String]) -> String {
        if let named = environment["CLOUDSDK_API_ENDPOINT_OVERRIDES_\(rawValue.uppercased())"], !named.isEmpty {
            return named.hasSuffix("/") ? named : named + "/"
        }
        // As gcloud does: Compute's version belongs to the root, that of the others to each path.
        return "https://\(rawValue).googleapis.com/" + (self == .compute ? "compute/v1/" : "")
    }

    /// The name under which a project enables it: `compute.googleapis.com`.
    public var apiName: String { "\(rawValue).googleapis.com" }
}

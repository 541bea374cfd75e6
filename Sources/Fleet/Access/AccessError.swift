import Common
import Console
import GoogleCloud

/// A refusal, with what to do about it.
struct AccessError: ExitStatusProviding, CustomStringConvertible, Equatable {
    let description: String
    /// How a tool ends that cannot go on.
    let exitStatus: ExitStatus

    init(_ description: String, _ exitStatus: ExitStatus) {
        self.description = description
        self.exitStatus = exitStatus
    }

    /// The same error, said with the missing permission and a role that has it, or with the option that makes what is missing.
    /// `needs` is the permission that the step needs, for services that name none. Other errors stay as they are.
    static func explaining(_ error: any Error, about place: RoleGrant.Place, needs: String) -> any Error {
        switch error {
        case let error as GoogleAPIError where error.kind == .permission:
            return lacking(error.permission ?? needs, to: error.operation, place)
        case let error as StorageError where error.kind == .permission:
            return lacking(named(in: error.detail) ?? needs, to: error.operation, place)
        case let error as GoogleAPIError where error.kind == .notFound:
            return AccessError("cannot \(error.operation): it is not there; \(remedy(place))", .usage)
        case let error as StorageError where error.kind == .bucketMissing:
            return AccessError("cannot \(error.operation): it is not there; \(remedy(place))", .usage)
        case let error as GoogleAPIError where error.kind == .invalid && error.detail.contains("does not exist"):
            let said = error.detail.split(separator: ";").first ?? ""
            return AccessError(
                "cannot \(error.operation): \(said); correct --service-account or SERVICE_ACCOUNT",
                .usage
            )
        case let error as GoogleAPIError where error.kind == .apiDisabled:
            guard let service = service(place) else { return error }
            return AccessError(
                "cannot \(error.operation): the project has not enabled \(service.apiName); enable it with --enable-apis, or with "
                    + "'gcloud services enable \(service.apiName)'",
                .failed
            )
        default: return error
        }
    }

    /// The service behind a place, where `--enable-apis` enables it.
    private static func service(_ place: RoleGrant.Place) -> GoogleService? {
        switch place {
        case .project: .resourceManager
        case .bucket: nil
        case .repository: .artifactRegistry
        case .secret: .secretManager
        }
    }

    private static func lacking(_ permission: String, to operation: String, _ place: RoleGrant.Place) -> AccessError {
        let role = role(with: permission).map { ", such as \($0)" } ?? ""
        // Resource Manager answers alike for a project that is not there and for one that may not be seen.
        let or = place == .project ? ", if the project's id is right" : ""
        return AccessError(
            "cannot \(operation): the credentials lack the permission \(permission); give their account a role that has it"
                + "\(role)\(or)",
            .credentials
        )
    }

    /// The permission in Cloud Storage's "ACCOUNT does not have storage.buckets.get access to …".
    private static func named(in text: String) -> String? {
        text.split(separator: " ").first { $0.hasPrefix("storage.") && $0.split(separator: ".").count == 3 }.map(
            String.init
        )
    }

    private static func remedy(_ place: RoleGrant.Place) -> String {
        switch place {
        case .project: "correct --project or GCP_PROJECT_ID"
        case .bucket: "correct --bucket or GCS_BUCKET, or create it with --create-bucket"
        case .repository: "correct --repository or ARTIFACT_REPOSITORY, or create it with --create-repository"
        case .secret: "correct --secret"
        }
    }

    /// The narrowest of Google's roles that is made for it.
    static func role(with permission: String) -> String? {
        let roles = [
            ("resourcemanager.projects.getIamPolicy", "roles/iam.securityReviewer"),
            ("resourcemanager.projects.setIamPolicy", "roles/resourcemanager.projectIamAdmin"),
            ("serviceusage.", "roles/serviceusage.serviceUsageAdmin"), ("storage.buckets.", "roles/storage.admin"),
            ("artifactregistry.repositories.", "roles/artifactregistry.admin"),
            ("secretmanager.", "roles/secretmanager.admin"),
        ]
        return roles.first { permission.hasPrefix($0.0) }?.1
    }
}

import Console
import GoogleCloud

/// Why VMs are missing, for the report.
struct LaunchFailure: Sendable {
    let kind: LaunchFailureClass
    let text: String
    let zone: String

    init(_ kind: LaunchFailureClass, _ text: String, zone: String) {
        self.kind = kind
        self.text = text
        self.zone = zone
    }

    var isQuota: Bool { kind == .regionQuota || kind == .projectQuota }

    /// The reason that is told when several are known.
    var weight: Int {
        switch kind {
        case .permission, .policy, .invalid: 5
        case .exists: 4
        case .projectQuota, .regionQuota: 3
        case .rate, .unreachable, .stockOut: 2
        case .again, .elsewhere, .unknown: 1
        }
    }

    var reason: String {
        switch kind {
        case .stockOut: "no zone has room for them (\(zone): \(text))"
        case .projectQuota, .regionQuota: text
        case .rate: "too many requests (\(text))"
        case .unreachable: "the service did not answer (\(text))"
        case .permission, .policy, .invalid: text
        case .exists: text
        case .elsewhere, .again, .unknown: zone.isEmpty ? text : "\(zone): \(text)"
        }
    }

    var remedy: String {
        switch kind {
        case .stockOut: "run the same command again later, or allow more zones with --zones"
        case .projectQuota, .regionQuota:
            "run the same command again when other VMs have ended, or ask for a higher quota"
        case .rate, .again: "run the same command again in a few minutes"
        case .unreachable: "run the same command again; it makes only what is missing"
        case .permission:
            text.contains(GoogleAPIError.actAs)
                ? "give them roles/iam.serviceAccountUser on the VMs' service account, and run the same command again"
                : "then run the same command again; it makes only what is missing"
        case .policy: PolicyAdvice.advice(for: text)
        case .invalid, .elsewhere: "mend the setting that is named, and run the same command again"
        case .exists: "delete or rename those VMs, or choose another prefix of names"
        case .unknown: "look at the message, and run the same command again; it makes only what is missing"
        }
    }

    var status: ExitStatus {
        switch kind {
        case .stockOut, .projectQuota, .regionQuota, .rate, .again, .unreachable: .temporary
        case .permission, .policy: .credentials
        case .invalid, .elsewhere, .exists: .usage
        case .unknown: .failed
        }
    }
}

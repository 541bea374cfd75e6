import Text

extension CloudProject {
    /// Where an API is enabled by hand.
    static func enablingPage(_ api: String, number: Int) -> String {
        "https://console.developers.google.com/apis/api/\(api)/overview?project=\(number)"
    }

    /// What Google answers where an API is not enabled, or was a moment ago.
    ///
    /// The older services (`isLegacy`) send `errors` beside `status` and `details`.
    func disabled(_ api: String, _ title: String, isLegacy: Bool = false) -> ServedResponse {
        let page = Self.enablingPage(api, number: number)
        let message =
            "\(title) has not been used in project \(number) before or it is disabled. Enable it by visiting \(page) then retry. "
            + "If you enabled this API recently, wait a few minutes for the action to propagate to our systems and retry."
        return .rpcError(
            403,
            message,
            reason: "SERVICE_DISABLED",
            metadata: [
                "service": .string(api), "serviceTitle": .string(title), "consumer": .string("projects/\(number)"),
                "containerInfo": .string(String(number)), "activationUrl": .string(page),
            ],
            links: [["description": "Google developers console API activation", "url": .string(page)]],
            legacy: isLegacy ? ("usageLimits", "accessNotConfigured") : nil
        )
    }

    /// What is wrong with the project that a request counts on; nil when nothing is.
    func quotaRefusal(
        _ named: String?,
        _ grant: AccessTokens.Grant?,
        api: String,
        isClientAPI: Bool,
        isLegacy: Bool = false
    ) -> Refusal? {
        if let named, !isNamed(named) || isDenied("serviceusage.services.use") {
            let page = "https://console.developers.google.com/iam-admin/iam/project?project=\(named)"
            let message =
                "Caller does not have required permission to use project \(named). Grant the caller the "
                + "roles/serviceusage.serviceUsageConsumer role, or a custom role with the serviceusage.services.use permission, "
                + "by visiting \(page) and then retry. Propagation of the new permission may take a few minutes."
            return Refusal(
                .rpcError(
                    403,
                    message,
                    reason: "USER_PROJECT_DENIED",
                    metadata: ["service": .string(api), "consumer": .string("projects/\(named)")],
                    links: [["description": "Google developer console IAM admin", "url": .string(page)]],
                    legacy: isLegacy ? ("global", "forbidden") : nil
                )
            )
        }
        guard named == nil, let grant, grant.isUser, isClientAPI, requiresQuotaProject else { return nil }
        // The project of gcloud's own client.
        return Refusal(
            .rpcError(
                403,
                "Your application is authenticating by using local Application Default Credentials. The \(api) API requires a "
                    + "quota project, which is not set by default. To learn how to set your quota project, see "
                    + "https://cloud.google.com/docs/authentication/adc-troubleshooting/user-creds .",
                reason: "SERVICE_DISABLED",
                metadata: ["service": .string(api), "consumer": "projects/764086051850"]
            )
        )
    }
}

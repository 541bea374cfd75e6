/// The files of workload identity federation (AIP-4117) and of service account impersonation (AIP-4118), as far as they are
/// used; names are those of the files.
struct ExternalAccount: Decodable, Sendable {
    struct Source: Decodable, Sendable {
        struct Format: Decodable, Sendable {
            /// `text` (also when nothing is said) or `json`.
            let type: String?
            let subject_token_field_name: String?
        }
        /// The token is in this file.
        let file: String?
        /// The token is the answer of this address.
        let url: String?
        let headers: [String: String]?
        let format: Format?
        /// `aws1` and the like, which are signed requests rather than tokens.
        let environment_id: String?
    }

    let audience: String
    let subject_token_type: String
    let token_url: String
    let credential_source: Source
    let service_account_impersonation_url: String?
    let quota_project_id: String?
}

/// Whose tokens are asked for with those of another account.
struct Impersonation: Decodable, Sendable {
    let service_account_impersonation_url: String
    let delegates: [String]?
    let quota_project_id: String?
}

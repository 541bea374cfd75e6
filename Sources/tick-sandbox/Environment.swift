import Sandbox

/// The variables that point clients at the stand-ins, and the files that some of them need.
struct Environment {
    let variables: [(name: String, value: String)]

    /// Google's own clients ask everything through a proxy that is set, and a proxy does not reach this machine's loopback.
    private static func withoutProxy(_ environment: [String: String]) -> [(name: String, value: String)] {
        let names = ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"]
        guard names.contains(where: { environment[$0]?.isEmpty == false }) else { return [] }
        let before = ["no_proxy", "NO_PROXY"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
        let value = (before.map { "\($0)," } ?? "") + "127.0.0.1,localhost"
        return [("no_proxy", value), ("NO_PROXY", value)]
    }

    /// Writes certificate, credentials, boto file and an empty gcloud configuration below `directory`.
    init(_ world: SandboxEnvironment, directory: String, outer: [String: String]) throws {
        let certificate = "\(directory)/ca.pem"
        let boto = "\(directory)/boto.cfg"
        let gcloud = "\(directory)/gcloud"
        let token = "\(directory)/access-token"
        let key = "\(directory)/\(try world.oauth.keyFileName())"
        try Files.replace(certificate, with: world.certificatePEM)
        try Files.makeDirectory(gcloud)
        try Files.replace(key, with: world.oauth.keyFile(url: world.oauthServer.url), isPrivate: true)
        try Files.replace(token, with: world.operatorToken, isPrivate: true)
        try Files.replace(
            boto,
            with: """
                [Credentials]
                gs_json_host = 127.0.0.1
                gs_json_port = \(world.storageTLSServer.port)
                [Boto]
                ca_certificates_file = \(certificate)
                num_retries = 2
                [GSUtil]
                default_project_id = \(world.project.id)
                state_dir = \(directory)/gsutil
                software_update_check_period = 0
                use_gcloud_storage = False

                """
        )
        // What only the operator has, and no VM: credentials, and the settings of gcloud and gsutil.
        variables =
            world.endpoints + [
                ("GCP_CREDENTIALS_PATH", key),
                ("CLOUDSDK_CONFIG", gcloud),
                ("CLOUDSDK_AUTH_ACCESS_TOKEN_FILE", token),
                // The Cloud SDK's gsutil has credentials of gcloud's for accounts only, and here there is but a token.
                ("CLOUDSDK_CORE_PASS_CREDENTIALS_TO_GSUTIL", "false"),
                ("CLOUDSDK_CORE_CHECK_GCE_METADATA", "false"),
                ("CLOUDSDK_CORE_PROJECT", world.project.id),
                ("CLOUDSDK_CORE_DISABLE_PROMPTS", "1"),
                ("CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE", certificate),  // the Cloud SDK's gsutil prefers it to boto's own
                ("BOTO_CONFIG", boto),
                ("SANDBOX_CA_FILE", certificate),
                // Not http_proxy itself: a test that wants it sets it.
                ("SANDBOX_PROXY", world.proxyServer.url),
            ] + Self.withoutProxy(outer)
    }

    /// One `export NAME='value'` a line.
    var exportLines: String {
        variables.map { "export \($0.name)='\($0.value.replacing("'", with: "'\\''"))'\n" }.joined()
    }
}

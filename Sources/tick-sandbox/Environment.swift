import Sandbox

/// The variables that point clients at the stand-ins, and the files that some of them need.
struct Environment {
    let variables: [(name: String, value: String)]

    /// Writes certificate, boto file and an empty gcloud configuration below `directory`.
    init(_ world: LocalWorld, directory: String) throws {
        let certificate = "\(directory)/ca.pem"
        let boto = "\(directory)/boto.cfg"
        let gcloud = "\(directory)/gcloud"
        try Files.replace(certificate, with: world.certificatePEM)
        try Files.makeDirectory(gcloud)
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
                state_dir = \(directory)/gsutil
                software_update_check_period = 0
                use_gcloud_storage = False

                """
        )
        variables = [
            ("TARDIS_BASE_URL", world.tardisServer.url),
            ("TARDIS_API_URL", "\(world.tardisServer.url)/v1"),
            ("STORAGE_EMULATOR_HOST", world.storageServer.url),
            ("CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE", "\(world.storageServer.url)/storage/v1/"),
            ("CLOUDSDK_CONFIG", gcloud),
            ("CLOUDSDK_AUTH_DISABLE_CREDENTIALS", "true"),
            ("CLOUDSDK_CORE_PROJECT", "tick-sandbox"),
            ("CLOUDSDK_CORE_DISABLE_PROMPTS", "1"),
            ("CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE", certificate),  // the Cloud SDK's gsutil prefers it to boto's own
            ("BOTO_CONFIG", boto),
            ("SANDBOX_CA_FILE", certificate),
        ]
    }

    /// One `export NAME='value'` a line.
    var exportLines: String {
        variables.map { "export \($0.name)='\($0.value.replacing("'", with: "'\\''"))'\n" }.joined()
    }
}

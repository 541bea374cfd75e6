extension SandboxEnvironment {
    /// The variables by which the kit, gcloud and gsutil find the stand-ins; a VM has them as well as the operator.
    public var endpoints: [(name: String, value: String)] {
        let roots = [
            ("STORAGE", "\(storageServer.url)/storage/v1/"),
            ("COMPUTE", "\(computeServer.url)/compute/v1/"),
            ("CLOUDRESOURCEMANAGER", "\(resourceManagerServer.url)/"),
            ("SERVICEUSAGE", "\(serviceUsageServer.url)/"),
            ("SECRETMANAGER", "\(secretManagerServer.url)/"),
            ("ARTIFACTREGISTRY", "\(artifactRegistryServer.url)/"),
            ("CLOUDBUILD", "\(cloudBuildServer.url)/"),
            ("IAM", "\(iamServer.url)/"),
            ("IAMCREDENTIALS", "\(iamCredentialsServer.url)/"),
        ]
        return [
            ("TARDIS_BASE_URL", tardisServer.url), ("TARDIS_API_URL", "\(tardisServer.url)/v1"),
            ("STORAGE_EMULATOR_HOST", storageServer.url),
        ] + roots.map { ("CLOUDSDK_API_ENDPOINT_OVERRIDES_\($0.0)", $0.1) }
    }
}

/// The deployment's values as the runbook gives them, the same as in `orchestration/defaults.env`; a test keeps them equal.
public enum DeploymentDefaults {
    public static let values: [String: String] = [
        "GCP_PROJECT_ID": "central-element-323112",
        "SERVICE_ACCOUNT": "1060025368044-compute@developer.gserviceaccount.com",
        "GCS_BUCKET": "market-data-tick",
        "ARTIFACT_REPOSITORY": "asia-northeast1-docker.pkg.dev/central-element-323112/market-tick-handler",
        "GCP_ZONE": "asia-northeast1-a",
        "MACHINE_TYPE": "e2-highmem-2",
        "DISK_SIZE": "100GB",
        "DISK_TYPE": "pd-standard",
        "IMAGE_FAMILY": "ubuntu-2204-lts",
        "IMAGE_PROJECT": "ubuntu-os-cloud",
        "PREEMPTIBLE": "true",
        "VM_NAME_PREFIX": "tick-data-vm",
    ]
}

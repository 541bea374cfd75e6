import GoogleCloud

/// What an operator can set so that an organisation's policy allows the VMs.
enum PolicyAdvice {
    /// By the constraint that the refusal names.
    static func advice(for refusal: String) -> String {
        let constraint = GoogleAPIError.constraint(in: refusal) ?? ""
        switch constraint.dropFirst("constraints/".count) {
        case "compute.vmExternalIpAccess":
            return "run it with --egress shared, so that VMs have no external address"
        case "compute.requireShieldedVm":
            return "run it with --shielded-vm and an image that supports it, such as the default --image-family"
        case "gcp.resourceLocations" where refusal.contains("secret"):
            return
                "make a secret with a replica in an allowed location (gcloud secrets create --locations=REGION), and name it by --secret"
        case "gcp.resourceLocations": return "choose a zone that the policy allows: --zone, or --zones"
        case "compute.trustedImageProjects":
            return "choose an image that the policy allows: --image-project and --image-family"
        default:
            return
                "choose settings that the policy allows, or ask the organisation's policy administrator for an exception"
        }
    }
}

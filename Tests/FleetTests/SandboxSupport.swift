import Sandbox

extension SandboxEnvironment {
    /// The changes from a request on, in order: verb and the last two parts of the path.
    func changes(since mark: Int) -> [String] {
        recorder.requests.dropFirst(mark).compactMap { request in
            let path = request.url.split(separator: "?")[0]
            guard request.method != "GET", request.service != "tardis", !path.hasSuffix("/wait"),
                !path.hasSuffix("IamPermissions"), !path.hasSuffix(":getIamPolicy")
            else { return nil }
            return "\(request.method) \(path.split(separator: "/").suffix(2).joined(separator: "/"))"
        }
    }

    /// Waits until VMs that are being made or deleted have come to rest.
    func settle() async throws {
        let moving: Set = ["PROVISIONING", "STAGING", "STOPPING"]
        while compute.instances.contains(where: { moving.contains($0.status) }) {
            try await Task.sleep(for: .milliseconds(2))
        }
    }
}

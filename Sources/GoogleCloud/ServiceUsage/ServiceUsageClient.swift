import Text

/// Service Usage, v1: which of Google's APIs a project has enabled.
public struct ServiceUsageClient: Sendable {
    /// The service's own limits for one request.
    private static let namesPerLook = 30
    private static let namesPerChange = 20

    private let api: GoogleAPI

    public init(api: GoogleAPI) {
        self.api = api
    }

    /// Those of the APIs (`compute.googleapis.com`) that the project has enabled.
    public func enabled(_ names: [String], project: String) async throws(GoogleAPIError) -> Set<String> {
        struct Answer: Decodable {
            struct Service: Decodable {
                let name: String
                let state: String?
            }
            let services: [Service]?
        }
        let parent = "projects/\(project)"
        var enabled: Set<String> = []
        for start in stride(from: 0, to: names.count, by: Self.namesPerLook) {
            let answer: Answer = try await api.send(
                GoogleAPI.Call(
                    verb: "GET",
                    service: .serviceUsage,
                    path: "v1/projects/\(percentEncoded(project))/services:batchGet",
                    query: names[start...].prefix(Self.namesPerLook).map { ("names", "\(parent)/services/\($0)") },
                    operation: "look up which APIs project \(project) has enabled",
                    needs: "serviceusage.services.get"
                )
            )
            for service in answer.services ?? [] where service.state == "ENABLED" {
                // The answer names the project by its number.
                enabled.insert(String(service.name.split(separator: "/").last ?? ""))
            }
        }
        return enabled
    }

    /// Enables the APIs and waits until they are; those that are enabled already stay so.
    public func enable(_ names: [String], project: String) async throws(GoogleAPIError) {
        struct Wanted: Encodable { let serviceIds: [String] }
        for start in stride(from: 0, to: names.count, by: Self.namesPerChange) {
            let some = Array(names[start...].prefix(Self.namesPerChange))
            let call = GoogleAPI.Call(
                verb: "POST",
                service: .serviceUsage,
                path: "v1/projects/\(percentEncoded(project))/services:batchEnable",
                operation: "enable \(some.joined(separator: ", ")) in project \(project)",
                needs: "serviceusage.services.enable"
            )
            try await api.finish(try await api.send(call, body: Wanted(serviceIds: some)), of: call)
        }
    }
}

import Text

/// A stand-in for Service Usage, v1: which APIs a project has enabled.
public final class ServiceUsageService: SandboxService {
    /// `serviceusage`.
    public let name = "serviceusage"
    let project: CloudProject
    private let operations = LongOperations()

    /// The APIs that a project can enable here.
    static let titles = [
        "analyticshub.googleapis.com": "Analytics Hub API",
        "bigquery.googleapis.com": "BigQuery API",
        "bigqueryconnection.googleapis.com": "BigQuery Connection API",
        "bigquerydatapolicy.googleapis.com": "BigQuery Data Policy API",
        "bigquerymigration.googleapis.com": "BigQuery Migration API",
        "bigqueryreservation.googleapis.com": "BigQuery Reservation API",
        "bigquerystorage.googleapis.com": "BigQuery Storage API",
        "cloudapis.googleapis.com": "Google Cloud APIs",
        "cloudtrace.googleapis.com": "Cloud Trace API",
        "dataform.googleapis.com": "Dataform API",
        "dataplex.googleapis.com": "Cloud Dataplex API",
        "datastore.googleapis.com": "Cloud Datastore API",
        "servicemanagement.googleapis.com": "Service Management API",
        "sql-component.googleapis.com": "Cloud SQL",
        "storage-api.googleapis.com": "Google Cloud Storage JSON API",
        "storage-component.googleapis.com": "Cloud Storage",
        "artifactregistry.googleapis.com": "Artifact Registry API",
        "cloudbuild.googleapis.com": "Cloud Build API",
        "cloudresourcemanager.googleapis.com": "Cloud Resource Manager API",
        "compute.googleapis.com": "Compute Engine API",
        "iam.googleapis.com": "Identity and Access Management (IAM) API",
        "iamcredentials.googleapis.com": "IAM Service Account Credentials API",
        "logging.googleapis.com": "Cloud Logging API",
        "monitoring.googleapis.com": "Cloud Monitoring API",
        "pubsub.googleapis.com": "Cloud Pub/Sub API",
        "secretmanager.googleapis.com": "Secret Manager API",
        "serviceusage.googleapis.com": "Service Usage API",
        "storage.googleapis.com": "Cloud Storage API",
    ]

    private static let contract = Result { try ContractValidator(PackageResources.serviceusage_json) }

    public init(project: CloudProject) { self.project = project }

    /// How often an operation says that it is not done yet; once unless told otherwise.
    public func setSlowness(_ polls: Int) { operations.setSlowness(polls) }
}

extension ServiceUsageService: ProjectService {
    var api: (name: String, title: String) { ("serviceusage.googleapis.com", "Service Usage API") }

    static var permissions: [String: String] {
        [
            "serviceusage.services.get": "serviceusage.services.get",
            "serviceusage.services.batchGet": "serviceusage.services.get",
            "serviceusage.services.list": "serviceusage.services.list",
            "serviceusage.services.enable": "serviceusage.services.enable",
            "serviceusage.services.batchEnable": "serviceusage.services.enable",
            "serviceusage.services.disable": "serviceusage.services.disable",
        ]
    }

    public func validators() throws -> [ContractValidator] { [try Self.contract.get()] }

    func perform(_ call: JSONCall) throws -> JSONValue {
        switch call.method {
        case "serviceusage.services.get": return try resource(named: call.path("name"))
        case "serviceusage.services.batchGet":
            let names = call.request.query.filter { $0.name == "names" }.map(\.value)
            guard (1...30).contains(names.count) else { throw Refusal.rpc(400, "names must hold 1 to 30 services.") }
            return ["services": .array(try names.map(resource(named:)))]
        case "serviceusage.services.list": return try list(call)
        case "serviceusage.services.enable":
            return try enable([String(call.path("name").split(separator: "/").last ?? "")], isBatch: false)
        case "serviceusage.services.batchEnable":
            let ids = (call.body?["serviceIds"]?.array ?? []).compactMap(\.string)
            guard (1...20).contains(ids.count) else { throw Refusal.rpc(400, "serviceIds must hold 1 to 20 services.") }
            return try enable(ids, isBatch: true)
        case "serviceusage.services.disable":
            let service = String(call.path("name").split(separator: "/").last ?? "")
            let json = try resource(named: call.path("name"))
            project.setEnabled(service, false)
            return operations.start(
                under: "operations/acat.p2-\(project.number)-",
                metadata: [:],
                response: ["service": json]
            )
        case "serviceusage.operations.get":
            guard let operation = operations.poll(call.path("name")) else { throw Refusal.entityNotFound }
            return operation
        default: throw Refusal.rpc(501, "The sandbox does not offer \(call.method).")
        }
    }

    private func list(_ call: JSONCall) throws -> JSONValue {
        var ids = Self.titles.keys.sorted()
        switch call.parameter("filter") ?? "" {
        case "": break
        case "state:ENABLED": ids = ids.filter(project.isEnabled)
        case "state:DISABLED": ids = ids.filter { !project.isEnabled($0) }
        case let other: throw Refusal.rpc(400, "Invalid filter: \(other)")
        }
        let (part, next) = try page(ids, call, size: 50, limit: 200)
        var json: JSONObject = [:]
        if !part.isEmpty { json["services"] = .array(try part.map(resource(of:))) }
        json["nextPageToken"] = next.map(JSONValue.string)
        return .object(json)
    }

    private func enable(_ services: [String], isBatch: Bool) throws -> JSONValue {
        _ = try services.map(resource(of:))  // all or none
        let wereEnabled = services.allSatisfy(project.isEnabled)
        for service in services { project.setEnabled(service, true) }
        let resources = try services.map(resource(of:))
        let response: JSONValue = isBatch ? ["services": .array(resources)] : ["service": resources[0]]
        if wereEnabled { return ["name": "operations/noop.DONE_OPERATION", "done": true, "response": response] }
        let names = services.map { JSONValue.string(name(of: $0)) }
        return operations.start(
            under: "operations/acat.p2-\(project.number)-",
            metadata: ["resourceNames": .array(names)],
            response: response
        )
    }

    private func name(of service: String) -> String { "projects/\(project.number)/services/\(service)" }

    private func resource(named name: String) throws -> JSONValue {
        let parts = name.split(separator: "/").map(String.init)
        guard parts.count == 4, project.isNamed(parts[1]) else {
            throw Refusal.rpc(403, "Not found or permission denied for service \(name).")
        }
        return try resource(of: parts[3])
    }

    private func resource(of service: String) throws -> JSONValue {
        guard let title = Self.titles[service] else {
            throw Refusal(
                .rpcError(
                    403,
                    "Not found or permission denied for service(s): \(service).",
                    reason: "SERVICE_CONFIG_NOT_FOUND_OR_PERMISSION_DENIED",
                    domain: "serviceusage.googleapis.com",
                    metadata: ["services": .string(service)]
                )
            )
        }
        return [
            "name": .string(name(of: service)), "parent": .string("projects/\(project.number)"),
            "config": ["name": .string(service), "title": .string(title)],
            "state": project.isEnabled(service) ? "ENABLED" : "DISABLED",
        ]
    }
}

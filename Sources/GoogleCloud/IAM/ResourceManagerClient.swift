import Text

/// A project as Resource Manager describes it.
public struct CloudProject: Sendable, Equatable {
    /// The id: `central-element-323112`.
    public let id: String
    /// The number, which other services' names of the project's resources carry.
    public let number: String
    /// `ACTIVE`, or a word for a project that is being deleted.
    public let state: String

    public init(id: String, number: String, state: String = "ACTIVE") {
        self.id = id
        self.number = number
        self.state = state
    }

    /// Whether it can be worked with.
    public var isActive: Bool { state == "ACTIVE" }
}

/// Resource Manager, v1: projects, and who may do what in them.
public struct ResourceManagerClient: Sendable {
    private let api: GoogleAPI

    public init(api: GoogleAPI) {
        self.api = api
    }

    /// The project. One that is not there and one that may not be seen are told alike by Google: `permission`.
    public func project(_ id: String) async throws(GoogleAPIError) -> CloudProject {
        struct Answer: Decodable {
            let projectId: String
            let projectNumber: String
            let lifecycleState: String?
        }
        let answer: Answer = try await api.send(
            GoogleAPI.Call(
                verb: "GET",
                service: .resourceManager,
                path: "v1/projects/\(percentEncoded(id))",
                operation: "look up project \(id)",
                needs: "resourcemanager.projects.get"
            )
        )
        return CloudProject(id: answer.projectId, number: answer.projectNumber, state: answer.lifecycleState ?? "")
    }

    public func iam(_ project: String) -> IAMResource {
        api.iam(
            .resourceManager,
            path: "v1/projects/\(percentEncoded(project))",
            name: "project \(project)",
            reading: .post,
            permissions: "resourcemanager.projects"
        )
    }

    /// Those of the permissions that the caller has in the project.
    public func testPermissions(_ permissions: [String], project: String) async throws(GoogleAPIError) -> Set<String> {
        struct Question: Encodable { let permissions: [String] }
        struct Answer: Decodable { let permissions: [String]? }
        let answer: Answer = try await api.send(
            GoogleAPI.Call(
                verb: "POST",
                service: .resourceManager,
                path: "v1/projects/\(percentEncoded(project)):testIamPermissions",
                operation: "ask what the credentials may do in project \(project)"
            ),
            body: Question(permissions: permissions)
        )
        return Set(answer.permissions ?? [])
    }
}

/// IAM, v1, as far as service accounts go.
public struct ServiceAccountsClient: Sendable {
    private let api: GoogleAPI

    public init(api: GoogleAPI) {
        self.api = api
    }

    /// Which of the permissions these credentials have on the service account. Throws `GoogleAPIError`.
    public func testPermissions(_ permissions: [String], account: String) async throws(GoogleAPIError) -> Set<String> {
        struct Question: Encodable { let permissions: [String] }
        struct Answer: Decodable { let permissions: [String]? }
        let answer: Answer = try await api.send(
            GoogleAPI.Call(
                verb: "POST",
                service: .iam,
                path: "v1/projects/-/serviceAccounts/\(percentEncoded(account)):testIamPermissions",
                operation: "ask what the credentials may do with service account \(account)"
            ),
            body: Question(permissions: permissions)
        )
        return Set(answer.permissions ?? [])
    }
}

import Text

/// Compute Engine, v1, in one project.
///
/// Errors are `GoogleAPIError`. Whatever changes something takes a `RequestID`, so that it may be sent again after a lost
/// answer; the answer is an operation, which `wait` follows to its end.
public struct ComputeClient: Sendable {
    let api: GoogleAPI
    public let project: String

    public init(_ api: GoogleAPI, project: String) {
        self.api = api
        self.project = project
    }

    /// The same of another project, such as the host project of a Shared VPC.
    public func inProject(_ other: String) -> ComputeClient { ComputeClient(api, project: other) }

    /// The most that a page of a list may hold, which is also the default.
    static let pageSize = 500

    /// `projects/P/…`, each part percent-encoded.
    func path(_ parts: String...) -> String {
        (["projects", percentEncoded(project)] + parts.map { percentEncoded($0) }).joined(separator: "/")
    }

    /// The full name of a resource of the project, as bodies name one: `…/regions/R/addresses/NAME`.
    func link(_ parts: String...) -> String {
        "https://www.googleapis.com/compute/v1/projects/\(project)/" + parts.joined(separator: "/")
    }

    /// Reads something; nil when it is not there.
    func find<Answer: Decodable>(_ call: GoogleAPI.Call, as type: Answer.Type) async throws(GoogleAPIError) -> Answer? {
        do {
            return try await api.send(call, as: type)
        } catch  where error.kind == .notFound {
            return nil
        }
    }

    /// Calls what changes something and returns the operation that it began.
    func change(_ call: GoogleAPI.Call, _ requestID: RequestID) async throws(GoogleAPIError) -> ComputeOperation {
        try await api.send(call.adding("requestId", requestID.text), as: WireOperation.self).model
    }

    /// The same with a body.
    func change(_ call: GoogleAPI.Call, _ requestID: RequestID, body: some Encodable) async throws(GoogleAPIError)
        -> ComputeOperation
    {
        try await api.send(call.adding("requestId", requestID.text), body: body, as: WireOperation.self).model
    }
}

extension GoogleAPI.Call {
    /// The call with one more query parameter.
    func adding(_ name: String, _ value: String) -> GoogleAPI.Call {
        var call = self
        call.query.append((name, value))
        return call
    }
}

/// The last part of a URL that names a resource: `…/zones/us-central1-a` is `us-central1-a`. A bare name stays itself.
func bareName(_ link: String) -> String {
    link.split(separator: "/").last.map(String.init) ?? ""
}

/// The part behind `collection` in a URL that names a resource: the region of `…/regions/R/subnetworks/NAME`.
func part(of link: String, behind collection: Substring) -> String? {
    let parts = link.split(separator: "/")
    guard let place = parts.firstIndex(of: collection), place + 1 < parts.endIndex else { return nil }
    return String(parts[place + 1])
}

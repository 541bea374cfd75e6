import Synchronization
import Text

/// A stand-in for Cloud Storage's JSON API that keeps objects as files in a directory.
///
/// Every request is judged by Google's own description of the API; what it does not know is refused and noted in the
/// recorder's violations.
public final class StorageService: SandboxService {
    /// `gcs`.
    public let name = "gcs"
    public let directory: String

    let store: StorageDirectory
    let validator: ContractValidator
    let sessions = Mutex<[String: UploadSession]>([:])
    let policies = Mutex<[String: IAMPolicy]>([:])
    let project: CloudProject
    let initialPolicy: IAMPolicy
    private let requiresToken: Bool

    /// Opens a store. With a token every request but those on upload sessions must carry it, or another of the project's, as
    /// `Bearer`; without one a token is not asked for, but one that is sent must be good.
    public init(directory: String, requireToken: String? = nil, project: CloudProject = CloudProject()) throws {
        self.directory = directory
        self.project = project
        initialPolicy = IAMPolicy(bindings: [
            [
                "role": "roles/storage.legacyBucketOwner",
                "members": [.string("projectEditor:\(project.id)"), .string("projectOwner:\(project.id)")],
            ],
            ["role": "roles/storage.legacyBucketReader", "members": [.string("projectViewer:\(project.id)")]],
        ])
        requiresToken = requireToken != nil
        if let requireToken { project.tokens.accept(requireToken, of: project.serviceAccount) }
        store = try StorageDirectory(root: directory)
        validator = try Self.contract.get()
    }

    private static let contract = Result { try ContractValidator(PackageResources.storage_json) }

    /// Makes a bucket, if there is none of this name.
    public func createBucket(_ name: String, _ settings: BucketSettings = BucketSettings()) throws {
        if (try? store.bucket(name)) != nil { return }
        try store.insertBucket(name, Self.newBucket(name, from: settings.body, projectNumber: project.number))
    }

    /// An error in Google's JSON form.
    public func refusal(_ told: RefusalText) -> ServedResponse {
        .googleError(told.status, told.reason ?? googleReason(told.status), told.message)
    }

    public func respond(to exchange: Exchange) throws -> ServedResponse {
        let request = exchange.request
        if ["POST", "PUT", "PATCH"].contains(request.method), request.headers["Content-Length"] == nil,
            request.headers["Transfer-Encoding"] == nil
        {
            throw Refusal.google(411, "required", "POST requests require a Content-Length header.")
        }
        let isUploadPath = request.path.hasPrefix("/upload/") || request.path.hasPrefix("/resumable/upload/")
        if isUploadPath, let id = request.parameter("upload_id") {
            return try respond(exchange, session: id)
        }
        let match = try route(exchange)
        try checkToken(request)
        if let permission = Self.permissions[match.method] { try require(permission, match, request) }
        try judge(exchange, validator.problems(inQueryOf: request, for: match))
        try checkProject(request)
        let selector = try fieldSelector(exchange, match)
        for name in ["bucket", "destinationBucket", "sourceBucket"] {
            if let bucket = match.path[name] { try store.bucketState(bucket)?.checkPayer(request) }
        }
        if match.isUpload { return try upload(exchange, match, selector) }
        let body = try jsonBody(exchange, match)
        var response = try answer(request, match, body)
        if let selector, case .bytes(let bytes) = response.body,
            response.headers["Content-Type"]?.contains("json") == true
        {
            response.body = .bytes(Array(selector.apply(to: try JSONValue(parsing: bytes)).text().utf8))
        }
        return response
    }

    private func checkToken(_ request: ServedRequest) throws {
        let authorization = request.headers["Authorization"]
        guard requiresToken || authorization != nil else { return }
        if project.tokens.grant(for: authorization) == nil {
            throw Refusal.google(401, "authError", "Invalid Credentials")
        }
    }

    /// Refuses where the project has switched the API off, and requests that count on a project that they may not.
    private func checkProject(_ request: ServedRequest) throws {
        let grant = project.tokens.grant(for: request.headers["Authorization"])
        let named = request.headers["X-Goog-User-Project"] ?? request.parameter("userProject")
        let api = "storage.googleapis.com"
        if let refusal = project.quotaRefusal(named, grant, api: api, isClientAPI: false, isLegacy: true) {
            throw refusal
        }
        if !project.answers(api, grant) { throw Refusal(project.disabled(api, "Cloud Storage API", isLegacy: true)) }
    }

    private func route(_ exchange: Exchange) throws -> Contract.Match {
        let (method, path) = (exchange.request.method, exchange.request.path)
        switch validator.contract.lookup(method: method, path: path) {
        case .found(let match): return match
        case .otherVerbs(let verbs):
            exchange.violations.append("\(method) not allowed here, only \(verbs)")
            throw Refusal.google(
                405,
                "httpMethodNotAllowed",
                "\(method) \(path): only \(verbs.joined(separator: ", "))"
            )
        case .unknown:
            exchange.violations.append("no such path in Cloud Storage's API")
            throw Refusal.google(404, "notFound", "No such path: \(method) \(path)")
        }
    }

    private func fieldSelector(_ exchange: Exchange, _ match: Contract.Match) throws -> FieldSelector? {
        guard let text = exchange.request.parameter("fields"), !text.isEmpty else { return nil }
        guard let selector = FieldSelector(text) else {
            exchange.violations.append("fields=\(text) cannot be read")
            throw Refusal.google(400, "invalidParameter", "Invalid field selection \(text)")
        }
        try judge(exchange, validator.problems(inFields: selector, for: match))
        return selector
    }

    /// Notes the problems and refuses the request when there are any.
    func judge(_ exchange: Exchange, _ problems: [String]) throws {
        guard let first = problems.first else { return }
        exchange.violations += problems
        throw Refusal.google(400, "invalidParameter", first)
    }

    /// Reads, records and judges a JSON body; nil when there is none.
    func jsonBody(_ exchange: Exchange, _ match: Contract.Match) throws -> JSONValue? {
        let bytes = try exchange.body.readAll()
        guard !bytes.isEmpty else { return nil }
        return try checkedJSON(bytes, type: exchange.request.headers["Content-Type"], exchange, match)
    }

    func checkedJSON(_ bytes: [UInt8], type: String?, _ exchange: Exchange, _ match: Contract.Match) throws -> JSONValue
    {
        guard type?.lowercased().hasPrefix("application/json") == true else {
            exchange.violations.append("a JSON body of Content-Type \(type ?? "none")")
            throw Refusal.google(400, "parseError", "The body's Content-Type must be application/json.")
        }
        do {
            let json = try JSONValue(parsing: bytes, maximumDepth: 100)
            exchange.recordedBody = json
            try judge(exchange, validator.problems(inBody: json, for: match))
            return json
        } catch let error as JSONError {
            exchange.violations.append("the body is no JSON: \(error)")
            throw Refusal.google(400, "parseError", "Parse Error: \(error)")
        }
    }

    private func answer(_ request: ServedRequest, _ match: Contract.Match, _ body: JSONValue?) throws -> ServedResponse
    {
        switch match.method {
        case "storage.buckets.insert": try insertBucket(request, body)
        case "storage.buckets.list": listBuckets(request)
        case "storage.buckets.get": try getBucket(request, match)
        case "storage.buckets.getStorageLayout": try storageLayout(match)
        case "storage.buckets.delete": try deleteBucket(match)
        case "storage.buckets.testIamPermissions": try testPermissions(request, match)
        case "storage.buckets.getIamPolicy": try getPolicy(request, match)
        case "storage.buckets.setIamPolicy": try setPolicy(match, body)
        case "storage.objects.get": try getObject(request, match)
        case "storage.objects.list": try listObjects(request, match)
        case "storage.objects.patch": try changeObject(request, match, body, replaces: false)
        case "storage.objects.update": try changeObject(request, match, body, replaces: true)
        case "storage.objects.delete": try deleteObject(request, match)
        case "storage.objects.compose": try compose(request, match, body)
        case "storage.objects.copy": try copy(request, match, body, isRewrite: false)
        case "storage.objects.rewrite": try copy(request, match, body, isRewrite: true)
        default: throw Refusal.google(501, "notImplemented", "The sandbox does not offer \(match.method).")
        }
    }
}

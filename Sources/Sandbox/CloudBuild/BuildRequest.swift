import Text

/// The request for a build after Cloud Build's own checks, with all substitutions applied.
struct BuildRequest {
    /// An object that holds the source.
    struct Source: Equatable {
        let bucket: String
        let object: String
        let generation: Int?
    }

    /// What is kept of the request's body.
    let fields: JSONObject
    let images: [String]
    /// The steps, in order.
    let steps: [JSONObject]
    /// Where the source is; nil for a build without.
    let source: Source?

    /// Reads a body that fits the contract; refuses what Cloud Build refuses, in its words where they are known.
    init(_ body: JSONObject, builtIn: [String: String]) throws {
        let options = body["options"]
        guard options?["dynamicSubstitutions"]?.bool != true else {
            throw Refusal.rpc(501, "The sandbox does not offer dynamicSubstitutions.")
        }
        var given: [String: String] = [:]
        for field in body["substitutions"]?.object?.members ?? [] { given[field.key] = field.value.string }
        let isAutomatic = options?["automapSubstitutions"]?.bool == true
        let isLoose = options?["substitutionOption"] == "ALLOW_LOOSE"
        var substitutions = try BuildSubstitutions(builtIn: builtIn, given: given, isLoose: isLoose || isAutomatic)
        var fields = body
        for name in ["steps", "images", "tags", "artifacts", "logsBucket", "options"] {
            if let value = fields[name] { fields[name] = try substitutions.apply(to: value) }
        }
        try substitutions.checkAllUsed()
        steps = (fields["steps"]?.array ?? []).compactMap(\.object)
        images =
            (fields["images"]?.array ?? []).compactMap(\.string)
            + (fields["artifacts"]?["images"]?.array ?? []).compactMap(\.string)
        self.fields = fields
        try Self.check(steps)
        try Self.check(images)
        try Self.checkLimits(fields)
        source = try Self.source(of: body["source"])
    }

    private static func check(_ steps: [JSONObject]) throws {
        guard !steps.isEmpty else { throw invalid("must have at least one build step") }
        var ids: Set<String> = []
        for (index, step) in steps.enumerated() {
            guard let name = step["name"]?.string, isImage(name) else {
                let name = step["name"]?.string ?? ""
                throw invalid("invalid build step name \"\(name)\": could not parse reference: \(name)")
            }
            for other in (step["waitFor"]?.array ?? []).compactMap(\.string) where other != "-" && !ids.contains(other)
            {
                throw invalid("build step \(index) waits for \"\(other)\", which is no earlier step")
            }
            if let id = step["id"]?.string, !id.isEmpty, !ids.insert(id).inserted {
                throw invalid("build step id \"\(id)\" is not unique")
            }
        }
    }

    private static func check(_ images: [String]) throws {
        for image in images where !isImage(image) {
            throw invalid("invalid image name \"\(image)\": could not parse reference: \(image)")
        }
    }

    private static func checkLimits(_ fields: JSONObject) throws {
        if let size = fields["options"]?["diskSizeGb"]?.integer, !(0...4_000).contains(size) {
            throw invalid("disk size must be at most 4000 GB")
        }
        if let text = fields["timeout"]?.string {
            let seconds = text.hasSuffix("s") ? Double(text.dropLast()) : nil
            guard let seconds, seconds > 0, seconds <= 86_400 else {
                throw invalid("invalid timeout \(text), it must be above 0 and at most 24 hours")
            }
        }
        let logging = fields["options"]?["logging"]?.string ?? ""
        let hasPlace =
            fields["logsBucket"] != nil || ["CLOUD_LOGGING_ONLY", "NONE"].contains(logging)
            || fields["options"]?["defaultLogsBucketBehavior"] == "REGIONAL_USER_OWNED_BUCKET"
        if fields["serviceAccount"] != nil, !hasPlace {
            throw Refusal.rpc(
                400,
                "if 'build.service_account' is specified, the build must either (a) specify 'build.logs_bucket', (b) use "
                    + "the REGIONAL_USER_OWNED_BUCKET build.options.default_logs_bucket_behavior option, or (c) use either "
                    + "CLOUD_LOGGING_ONLY / NONE logging options"
            )
        }
    }

    private static func source(of source: JSONValue?) throws -> Source? {
        guard let source, source != [:] else { return nil }
        guard let storage = source["storageSource"], source.object?.members.count == 1 else {
            throw Refusal.rpc(501, "The sandbox takes a build's source from Cloud Storage only.")
        }
        guard let bucket = storage["bucket"]?.string, let object = storage["object"]?.string else {
            throw invalid("the source needs a bucket and an object")
        }
        return Source(bucket: bucket, object: object, generation: storage["generation"]?.integer)
    }

    private static func isImage(_ name: String) -> Bool {
        wholeMatch(
            name,
            pattern: "([a-zA-Z0-9.-]+(:[0-9]+)?/)?[a-z0-9]+([._/-]+[a-z0-9]+)*(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?"
                + "(@sha256:[0-9a-f]{64})?"
        ) && !name.contains("//")
    }

    private static func invalid(_ problem: String) -> Refusal { Refusal.rpc(400, "invalid build: \(problem)") }
}

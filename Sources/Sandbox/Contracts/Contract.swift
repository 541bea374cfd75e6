import Text

/// The type of one field or parameter of a Google API, as its discovery document states it.
final class ContractSpec: Sendable {
    let type: String?
    let format: String?
    let values: [String]?
    let pattern: String?
    let isOutputOnly: Bool
    let isRequired: Bool
    let isRepeated: Bool
    let isPath: Bool
    let items: ContractSpec?
    let members: [String: ContractSpec]?
    let additional: ContractSpec?
    let reference: String?

    init(_ json: JSONValue) {
        type = json["t"]?.string
        format = json["f"]?.string
        values = json["e"]?.array?.compactMap(\.string)
        pattern = json["p"]?.string
        isOutputOnly = json["o"]?.bool ?? false
        isRequired = json["q"]?.bool ?? false
        isRepeated = json["n"]?.bool ?? false
        isPath = json["l"]?.bool ?? false
        items = json["i"].map(ContractSpec.init)
        members = json["m"].map(ContractSpec.table)
        additional = json["a"].map(ContractSpec.init)
        reference = json["r"]?.string
    }

    static func table(_ json: JSONValue) -> [String: ContractSpec] {
        let pairs = json.object?.members.map { ($0.key, ContractSpec($0.value)) } ?? []
        return Dictionary(pairs) { first, _ in first }
    }
}

/// One Google API: its methods, parameters and schemas, read from what `Tests/interop/extract_contract.py` wrote.
public struct Contract: Sendable {
    struct Method: Sendable {
        let id: String
        let verb: String
        let templates: [PathTemplate]
        let uploads: [PathTemplate]
        let parameters: [String: ContractSpec]
        let request: String?
        let response: String?
    }

    /// A request's place in the contract.
    public struct Match: Sendable {
        /// The method's id, such as `storage.objects.insert`.
        public let method: String
        /// The decoded path parameters.
        public let path: [String: String]
        /// Whether an upload path was used.
        public let isUpload: Bool
        let definition: Method
    }

    /// What a path and verb mean.
    public enum Lookup: Sendable {
        /// A method of the API.
        case found(Match)
        /// The path exists, with these other verbs.
        case otherVerbs([String])
        case unknown
    }

    let methods: [Method]
    let parameters: [String: ContractSpec]
    let schemas: [String: ContractSpec]

    public init(json: [UInt8]) throws {
        let document = try JSONValue(parsing: json)
        parameters = ContractSpec.table(document["parameters"] ?? [:])
        schemas = ContractSpec.table(document["schemas"] ?? [:])
        methods = (document["methods"]?.array ?? []).map { entry in
            let parameters = ContractSpec.table(entry["parameters"] ?? [:])
            let paths = (entry["paths"]?.array ?? []) + [entry["download"]].compactMap { $0 }
            return Method(
                id: entry["id"]?.string ?? "",
                verb: entry["verb"]?.string ?? "",
                templates: paths.compactMap { $0.string.map { PathTemplate($0, parameters) } },
                uploads: (entry["uploads"]?.array ?? []).compactMap { $0.string.map { PathTemplate($0, parameters) } },
                parameters: parameters,
                request: entry["request"]?.string,
                response: entry["response"]?.string
            )
        }
    }

    /// Finds the method of a request by verb and still encoded path. Of several that fit, `x/{+name}:verb` and `x/{+name}`, the one
    /// that spells out more of the path is meant.
    public func lookup(method verb: String, path: String) -> Lookup {
        var verbs: Set<String> = []
        var best: (match: Match, spelledOut: Int)?
        for method in methods {
            for (template, isUpload) in method.templates.map({ ($0, false) }) + method.uploads.map({ ($0, true) }) {
                if let best, method.verb == verb, template.literalCount <= best.spelledOut { continue }
                guard let values = template.match(path) else { continue }
                verbs.insert(method.verb)
                guard method.verb == verb else { continue }
                let match = Match(method: method.id, path: values, isUpload: isUpload, definition: method)
                best = (match, template.literalCount)
            }
        }
        if let best { return .found(best.match) }
        return verbs.isEmpty ? .unknown : .otherVerbs(verbs.sorted())
    }
}

public import Text

/// Judges requests by a Google API's own description, naming every breach.
public struct ContractValidator: Sendable {
    public let contract: Contract

    /// Sent by Google's own tools although the documents do not list them.
    static let tolerated: Set<String> = [
        "returnPartialSuccess", "$alt", "upload_id", "key", "alt", "prettyPrint", "quotaUser",
    ]

    /// The end of a problem that a field is which only answers have.
    static let outputOnly = "output-only field sent"

    /// Makes a validator for an API from the compact JSON form of its description.
    public init(_ json: [UInt8]) throws { contract = try Contract(json: json) }

    /// What is wrong with the query parameters; empty when nothing is.
    public func problems(inQueryOf request: ServedRequest, for match: Contract.Match) -> [String] {
        var problems: [String] = []
        var seen: Set<String> = []
        for item in request.query {
            if item.name == "uploadType", match.isUpload {
                if !["media", "multipart", "resumable"].contains(item.value) {
                    problems.append("uploadType=\(item.value) is no kind of upload")
                }
                continue
            }
            let own = match.definition.parameters[item.name].flatMap { $0.isPath ? nil : $0 }
            guard let spec = own ?? contract.parameters[item.name] else {
                if !Self.tolerated.contains(item.name) { problems.append("unknown query parameter \(item.name)") }
                continue
            }
            if !seen.insert(item.name).inserted, !spec.isRepeated {
                problems.append("query parameter \(item.name) more than once")
            }
            if let problem = Self.problem(with: item.value, spec) { problems.append("\(item.name)=\(problem)") }
        }
        for (name, spec) in match.definition.parameters.sorted(by: { $0.key < $1.key })
        where spec.isRequired && !spec.isPath && request.parameter(name) == nil {
            problems.append("query parameter \(name) is required")
        }
        return problems.map { "\(match.method): \($0)" }
    }

    /// What is wrong with a JSON body; nil stands for no body.
    public func problems(inBody body: JSONValue?, for match: Contract.Match) -> [String] {
        guard let body else { return [] }
        guard let schema = match.definition.request else {
            return body == [:] ? [] : ["\(match.method): a body, where the method takes none"]
        }
        guard body.object != nil else { return ["\(match.method): the body is no JSON object"] }
        var problems: [String] = []
        check(body, contract.schemas[schema], at: "body", &problems)
        return problems.map { "\(match.method): \($0)" }
    }

    /// What is wrong with a `fields` selector, given the fields that the method's answer can have.
    public func problems(inFields selector: FieldSelector, for match: Contract.Match) -> [String] {
        guard let response = match.definition.response else { return [] }
        return selector.unknownFields { name, path in
            var spec = contract.schemas[response]
            for step in path { spec = member(step, of: spec) }
            return member(name, of: spec) != nil
        }.map { "\(match.method): invalid field selection \($0)" }
    }

    private func resolved(_ spec: ContractSpec?) -> ContractSpec? {
        guard let spec, let reference = spec.reference else { return spec }
        return contract.schemas[reference]
    }

    private func member(_ name: String, of spec: ContractSpec?) -> ContractSpec? {
        let object = resolved(resolved(spec)?.items ?? spec)
        return object?.members?[name] ?? object?.additional
    }

    private static func problem(with text: String, _ spec: ContractSpec) -> String? {
        let number = text.hasPrefix("-") ? text.dropFirst() : text[...]
        let isNumber = !number.isEmpty && number.utf8.allSatisfy(isDigit)
        if let values = spec.values, !values.contains(text) { return "\(text) is not one of \(values)" }
        if let pattern = spec.pattern, !wholeMatch(text, pattern: pattern) { return "\(text) does not fit \(pattern)" }
        if spec.type == "integer" && (!isNumber || text.hasPrefix("-")) { return "\(text) is no integer" }
        if ["int64", "uint64"].contains(spec.format) && !isNumber { return "\(text) is no 64-bit integer" }
        if spec.type == "boolean" && !["true", "false"].contains(text.lowercased()) { return "\(text) is no boolean" }
        return nil
    }

    private func check(_ value: JSONValue, _ spec: ContractSpec?, at place: String, _ problems: inout [String]) {
        let isOutputOnly = spec?.isOutputOnly == true
        guard let spec = resolved(spec) else { return }
        if isOutputOnly || spec.isOutputOnly { problems.append("\(place): \(Self.outputOnly)") }
        if value == .null { return }  // in a patch: remove the field
        if spec.type == "object" || spec.members != nil {
            guard let fields = value.object?.members else { return problems.append("\(place): object expected") }
            for field in fields {
                if let known = spec.members?[field.key] {
                    check(field.value, known, at: "\(place).\(field.key)", &problems)
                } else if let additional = spec.additional {
                    check(field.value, additional, at: "\(place)['\(field.key)']", &problems)
                } else {
                    problems.append("\(place).\(field.key): no such field")
                }
            }
            return
        }
        switch (spec.type, value) {
        case ("array", .array(let items)):
            for (index, item) in items.enumerated() { check(item, spec.items, at: "\(place)[\(index)]", &problems) }
        case ("string", .string(let text)):
            if let problem = Self.problem(with: text, spec) { problems.append("\(place): \(problem)") }
        case ("string", .int) where ["int64", "uint64"].contains(spec.format): break
        case ("boolean", .bool), ("integer", .int), ("number", .int), ("number", .double), ("any", _), (nil, _):
            break
        default: problems.append("\(place): \(spec.type ?? "value") expected, got \(value.text().prefix(60))")
        }
    }
}

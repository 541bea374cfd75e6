import Text

/// A secret with its versions and its IAM policy.
struct StoredSecret: Sendable {
    /// One version; its payload goes nowhere but into the answer to `access`.
    struct Version: Sendable {
        var state = "ENABLED"
        var payload: [UInt8]
        let created: String
        let hadChecksum: Bool
    }

    /// `projects/NUMBER/secrets/ID`.
    let name: String
    let created: String
    let fields: JSONObject
    var versions: [Version] = []
    var policy = IAMPolicy()

    var json: JSONValue {
        var json: JSONObject = ["name": .string(name), "createTime": .string(created)]
        for field in fields.members { json[field.key] = field.value }
        json["etag"] = .string("\"16\(hex(Array(created.utf8.suffix(6))))\"")
        return .object(json)
    }

    /// A version as it reads, by its number.
    func json(ofVersion number: Int) -> JSONValue {
        let version = versions[number - 1]
        return [
            "name": .string("\(name)/versions/\(number)"), "createTime": .string(version.created),
            "state": .string(version.state), "replicationStatus": ["automatic": [:]],
            "etag": .string("\"16\(number)\(version.state.utf8.count)\""),
            "clientSpecifiedPayloadChecksum": .bool(version.hadChecksum),
        ]
    }

    /// The number that an id such as `3` or `latest` means; nil when there is no such version.
    func number(of id: String) -> Int? {
        if id == "latest" { return versions.isEmpty ? nil : versions.count }
        guard let number = Int(id), versions.indices.contains(number - 1) else { return nil }
        return number
    }
}

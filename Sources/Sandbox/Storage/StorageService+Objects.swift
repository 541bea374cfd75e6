import Text

extension StorageService {
    func getObject(_ request: ServedRequest, _ match: Contract.Match) throws -> ServedResponse {
        let (name, bucket) = (match.path["object"] ?? "", match.path["bucket"] ?? "")
        let (object, file) = try store.open(name, in: bucket, generation: generation(request))
        try StorageConditions(request).check(object, isRead: true)
        guard request.parameter("alt") == "media" else { return .json(object.resource(base: request.base)) }
        var response = ServedResponse(status: 200, headers: Self.mediaHeaders(object))
        RangeHeader.apply(request.headers["Range"], to: &response, file: file)
        if response.status == 416 {
            response.headers["Content-Type"] = "text/plain"
            response.body = .bytes(Array("The requested range cannot be satisfied.".utf8))
        }
        return response
    }

    private static func mediaHeaders(_ object: StoredObject) -> ServedHeaders {
        var headers: ServedHeaders = [
            "Content-Type": object.contentType, "ETag": object.etag,
            "Last-Modified": Clock.httpDate(object.updated), "Accept-Ranges": "bytes",
            "X-Goog-Generation": String(object.generation), "X-Goog-Metageneration": String(object.metageneration),
            "X-Goog-Stored-Content-Length": String(object.size),
            "X-Goog-Stored-Content-Encoding": object.fields["contentEncoding"]?.string ?? "identity",
            "X-Goog-Storage-Class": "STANDARD",
        ]
        headers.add("X-Goog-Hash", "crc32c=\(object.crc32c)" + (object.md5Hash.map { ",md5=\($0)" } ?? ""))
        for (field, header) in [
            ("contentEncoding", "Content-Encoding"), ("contentDisposition", "Content-Disposition"),
            ("contentLanguage", "Content-Language"), ("cacheControl", "Cache-Control"),
        ] {
            headers[header] = object.fields[field]?.string
        }
        return headers
    }

    func listObjects(_ request: ServedRequest, _ match: Contract.Match) throws -> ServedResponse {
        let objects = try store.objects(in: match.path["bucket"] ?? "")
        return .json(try StorageListing(request).page(of: objects, base: request.base))
    }

    func changeObject(_ request: ServedRequest, _ match: Contract.Match, _ body: JSONValue?, replaces: Bool) throws
        -> ServedResponse
    {
        let object = try store.update(
            match.path["object"] ?? "",
            in: match.path["bucket"] ?? "",
            generation: generation(request),
            conditions: StorageConditions(request)
        ) { fields in
            if replaces {
                fields = StoredObject.settableFields(of: body)
            } else {
                Self.merge(body, into: &fields)
            }
        }
        return .json(object.resource(base: request.base))
    }

    /// A patch: null removes a field or a metadata entry, metadata is merged by key.
    private static func merge(_ body: JSONValue?, into fields: inout JSONObject) {
        for name in StoredObject.settable {
            guard let change = body?[name] else { continue }
            if name == "metadata", case .object(let entries) = change {
                var metadata = fields["metadata"]?.object ?? [:]
                for entry in entries.members { metadata[entry.key] = entry.value == .null ? nil : entry.value }
                fields["metadata"] = metadata.members.isEmpty ? nil : .object(metadata)
            } else {
                fields[name] = change == .null ? nil : change
            }
        }
    }

    func deleteObject(_ request: ServedRequest, _ match: Contract.Match) throws -> ServedResponse {
        try store.delete(
            match.path["object"] ?? "",
            in: match.path["bucket"] ?? "",
            generation: generation(request),
            conditions: StorageConditions(request)
        )
        return ServedResponse(status: 204)
    }

    func generation(_ request: ServedRequest, _ parameter: String = "generation") -> Int? {
        request.parameter(parameter).flatMap { Int($0) }
    }

    /// Refuses names that Cloud Storage refuses.
    func checkedObjectName(_ name: String?) throws -> String {
        guard let name, !name.isEmpty else { throw Refusal.google(400, "required", "Required: the object's name") }
        guard name.utf8.count <= 1_024, name != ".", name != "..", !name.utf8.contains(where: { $0 == 10 || $0 == 13 })
        else {
            throw Refusal.invalid("Invalid object name: '\(name.prefix(100))'")
        }
        return name
    }
}

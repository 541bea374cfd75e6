import Text

extension StorageService {
    func copy(_ request: ServedRequest, _ match: Contract.Match, _ body: JSONValue?, isRewrite: Bool) throws
        -> ServedResponse
    {
        let (source, bytes) = try store.open(
            match.path["sourceObject"] ?? "",
            in: match.path["sourceBucket"] ?? "",
            generation: generation(request, "sourceGeneration")
        )
        try StorageConditions(request, prefix: "Source").check(source)
        let part = store.newPart()
        let writer = try FileWriter(path: part)
        try append(bytes, to: writer)
        let own = StoredObject.settableFields(of: body)
        let object = try store.commit(
            part: part,
            digests: FileDigests(of: OpenFile(path: part)),
            name: checkedObjectName(match.path["destinationObject"]),
            bucket: match.path["destinationBucket"] ?? "",
            fields: own.members.isEmpty ? source.fields : own,
            componentCount: source.componentCount,
            conditions: StorageConditions(request),
            replaceDenial: denial(of: "storage.objects.delete", in: match.path["destinationBucket"] ?? "", request)
        )
        let resource = object.resource(base: request.base)
        guard isRewrite else { return .json(resource) }
        let size = JSONValue.string(String(object.size))
        return .json([
            "kind": "storage#rewriteResponse", "totalBytesRewritten": size, "objectSize": size, "done": true,
            "resource": resource,
        ])
    }

    func compose(_ request: ServedRequest, _ match: Contract.Match, _ body: JSONValue?) throws -> ServedResponse {
        let sources = body?["sourceObjects"]?.array ?? []
        guard (1...32).contains(sources.count) else {
            throw Refusal.invalid("The number of source components must be between 1 and 32, not \(sources.count).")
        }
        let bucket = match.path["destinationBucket"] ?? ""
        let part = store.newPart()
        let writer = try FileWriter(path: part)
        var components = 0
        for source in sources {
            let generation = source["generation"]?.integer
            let (object, bytes) = try store.open(
                checkedObjectName(source["name"]?.string),
                in: bucket,
                generation: generation
            )
            try StorageConditions(generationMatch: source["objectPreconditions"]?["ifGenerationMatch"]?.integer).check(
                object
            )
            components += object.componentCount ?? 1
            try append(bytes, to: writer)
        }
        let object = try store.commit(
            part: part,
            digests: FileDigests(of: OpenFile(path: part)),
            name: checkedObjectName(match.path["destinationObject"]),
            bucket: bucket,
            fields: StoredObject.settableFields(of: body?["destination"]),
            componentCount: components,
            conditions: StorageConditions(request),
            replaceDenial: denial(of: "storage.objects.delete", in: match.path["destinationBucket"] ?? "", request)
        )
        return .json(object.resource(base: request.base))
    }

    private func append(_ source: OpenFile, to writer: FileWriter) throws {
        var offset = 0
        while case let piece = try source.read(at: offset, count: 1 << 20), !piece.isEmpty {
            try writer.write(piece)
            offset += piece.count
        }
    }
}

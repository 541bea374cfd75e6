import Transport

extension GCSStore {
    /// Writes an object in one request: bytes and metadata become visible together, and the server checks the CRC-32C.
    public func put(_ name: String, _ bytes: [UInt8], options: PutOptions) async throws -> ObjectInfo {
        try await put(name, bytes, crc: CRC32C.of(bytes), options: options)
    }

    func put(_ name: String, _ bytes: [UInt8], crc: UInt32, options: PutOptions) async throws -> ObjectInfo {
        let operation = "write \(name)"
        try checkObjectName(name, operation: operation)
        let description = NewObject(name: name, options: options, crc32c: crc)
        // CRLF and a boundary without quotes: the real service takes less, strict servers do not.
        let boundary = "part-\(String(client.api.clock.random(), radix: 36))"
        var body = Array("--\(boundary)\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n".utf8)
        body += try encodeJSON(description, operation: operation)
        body += Array("\r\n--\(boundary)\r\nContent-Type: \(options.contentType)\r\n\r\n".utf8)
        body += bytes
        body += Array("\r\n--\(boundary)--\r\n".utf8)
        let request = HTTPRequest(
            "POST",
            client.uploadURL("multipart", name, options.precondition),
            headers: ["Content-Type": "multipart/related; boundary=\(boundary)"],
            body: .bytes(body)
        )
        let written = try await client.retrying(operation) { attempt in
            do {
                let response = try await client.once(
                    request,
                    operation: operation,
                    accepted: [200, 201],
                    missing: .bucketMissing
                )
                return try decodeObject(response, operation: operation)
            } catch let error as StorageError where error.kind == .preconditionFailed && attempt > 1 {
                guard let own = try await ownWork(name, size: Int64(bytes.count), crc: crc, options: options) else {
                    throw error
                }
                return own
            }
        }
        return try await checked(written, size: Int64(bytes.count), crc: crc, operation: operation)
    }

    /// What stands under the name, if it is what this writer wanted to write: then a 412 was the answer to our own second
    /// try, and the answer to the first was lost.
    func ownWork(_ name: String, size: Int64, crc: UInt32, options: PutOptions) async throws -> ObjectInfo? {
        // Without a checksum, equal size and metadata are all that can be told.
        guard let there = try await info(name), there.size == size, (there.crc32c ?? crc) == crc,
            options.metadata.allSatisfy({ there.metadata[$0.key] == $0.value })
        else { return nil }
        return there
    }

    /// Compares the server's answer with what was sent; what is wrong does not stay.
    func checked(_ info: ObjectInfo, size: Int64, crc: UInt32, operation: String) async throws -> ObjectInfo {
        var info = info
        if info.crc32c == nil { info.crc32c = try await self.info(info.name)?.crc32c }
        // Where no checksum is told at all, the one that went along with the bytes was checked by the service.
        guard info.size != size || (info.crc32c ?? crc) != crc else { return info }
        _ = try? await delete(info.name, precondition: .generation(info.generation))
        throw StorageError(
            .integrity,
            operation: operation,
            detail:
                "stored were \(info.size) bytes with CRC-32C \(info.crc32c.map(CRC32C.base64) ?? "unknown") instead of \(size) "
                + "with \(CRC32C.base64(crc)); that object was deleted, write it again"
        )
    }
}

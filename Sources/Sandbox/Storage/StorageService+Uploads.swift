import Glibc
import Synchronization
import Text

extension StorageService {
    func upload(_ exchange: Exchange, _ match: Contract.Match, _ selector: FieldSelector?) throws -> ServedResponse {
        switch exchange.request.parameter("uploadType") {
        case "media": try uploadMedia(exchange, match, selector)
        case "multipart": try uploadMultipart(exchange, match, selector)
        case "resumable": try startSession(exchange, match)
        default: throw Refusal.google(400, "required", "Required: uploadType=media, multipart or resumable")
        }
    }

    private func uploadMedia(_ exchange: Exchange, _ match: Contract.Match, _ selector: FieldSelector?) throws
        -> ServedResponse
    {
        let target = try target(exchange, match, metadata: nil, contentType: exchange.request.headers["Content-Type"])
        let part = store.newPart()
        return try discardingOnFailure(part) {
            let writer = try FileWriter(path: part)
            while let piece = try exchange.body.read() { try writer.write(piece) }
            return try finish(target, part: part, exchange.request, selector)
        }
    }

    private func uploadMultipart(_ exchange: Exchange, _ match: Contract.Match, _ selector: FieldSelector?) throws
        -> ServedResponse
    {
        let part = store.newPart()
        return try discardingOnFailure(part) {
            var reader = try MultipartReader(exchange.body, contentType: exchange.request.headers["Content-Type"])
            let head = try reader.readMetadata()
            let metadata = try checkedJSON(head.body, type: head.headers["Content-Type"], exchange, match)
            let media = try reader.storeMedia(in: FileWriter(path: part))
            let target = try target(exchange, match, metadata: metadata, contentType: media["Content-Type"])
            return try finish(target, part: part, exchange.request, selector)
        }
    }

    private func startSession(_ exchange: Exchange, _ match: Contract.Match) throws -> ServedResponse {
        let request = exchange.request
        let metadata = try jsonBody(exchange, match)
        let target = try target(
            exchange,
            match,
            metadata: metadata,
            contentType: request.headers["X-Upload-Content-Type"]
        )
        try target.conditions.check(store.liveObject(target.name, in: target.bucket))
        var session = UploadSession(target: target, part: store.newPart())
        if let text = request.headers["X-Upload-Content-Length"] {
            guard let total = Int(text), total >= 0 else {
                throw Refusal.invalid("X-Upload-Content-Length is no number: \(text)")
            }
            session.total = total
        }
        _ = try FileWriter(path: session.part)
        let id =
            String(UInt64.random(in: 0...UInt64.max), radix: 36) + String(UInt64.random(in: 0...UInt64.max), radix: 36)
        sessions.withLock { $0[id] = session }
        let name = percentEncoded(target.name)
        let location = "\(request.base)\(request.path)?uploadType=resumable&name=\(name)&upload_id=\(id)"
        return ServedResponse(status: 200, headers: ["Location": location, "X-GUploader-UploadID": id])
    }

    private func target(_ exchange: Exchange, _ match: Contract.Match, metadata: JSONValue?, contentType: String?)
        throws
        -> UploadSession.Target
    {
        let request = exchange.request
        let bucket = match.path["bucket"] ?? ""
        _ = try store.bucket(bucket)
        let named = [request.parameter("name"), metadata?["name"]?.string].compactMap { $0 }
        guard Set(named.map(ObjectName.init)).count <= 1 else {
            throw Refusal.invalid("The name in the query differs from the one in the metadata.")
        }
        if let other = metadata?["bucket"]?.string, other != bucket {
            throw Refusal.invalid("The bucket in the URL differs from the one in the metadata.")
        }
        var fields = StoredObject.settableFields(of: metadata)
        if fields["contentType"] == nil { fields["contentType"] = contentType.map(JSONValue.string) }
        if let encoding = request.parameter("contentEncoding") { fields["contentEncoding"] = .string(encoding) }
        return UploadSession.Target(
            bucket: bucket,
            name: try checkedObjectName(named.first),
            fields: fields,
            announced: AnnouncedHashes(metadata: metadata, headers: request.headers),
            conditions: StorageConditions(request),
            replaceDenial: denial(of: "storage.objects.delete", in: bucket, request)
        )
    }

    private func finish(
        _ target: UploadSession.Target,
        part: String,
        _ request: ServedRequest,
        _ selector: FieldSelector? = nil
    ) throws -> ServedResponse {
        let object = try commit(target, part: part)
        let resource = object.resource(base: request.base)
        return .json(selector?.apply(to: resource) ?? resource)
    }

    private func commit(_ target: UploadSession.Target, part: String) throws -> StoredObject {
        let digests = try FileDigests(of: OpenFile(path: part))
        try target.announced.check(digests)
        return try store.commit(
            part: part,
            digests: digests,
            name: target.name,
            bucket: target.bucket,
            fields: target.fields,
            conditions: target.conditions,
            replaceDenial: target.replaceDenial
        )
    }

    private func discardingOnFailure<Result>(_ part: String, _ work: () throws -> Result) throws -> Result {
        do {
            return try work()
        } catch {
            unlink(part)
            throw error
        }
    }

    // MARK: requests on a session

    func respond(_ exchange: Exchange, session id: String) throws -> ServedResponse {
        exchange.recordedKind = "resumable-chunk"
        var session = try claim(id)
        defer { release(id, session) }
        switch exchange.request.method {
        case "PUT": return try put(exchange, &session)
        case "DELETE":
            if case .complete = session.state { throw Refusal.google(404, "notFound", "The upload is complete.") }
            session.state = .cancelled
            unlink(session.part)
            return ServedResponse(status: 499)
        default:
            exchange.violations.append("\(exchange.request.method) on an upload session")
            throw Refusal.google(405, "httpMethodNotAllowed", "An upload session takes PUT and DELETE.")
        }
    }

    private func put(_ exchange: Exchange, _ session: inout UploadSession) throws -> ServedResponse {
        let header = exchange.request.headers["Content-Range"]
        let range = try header.map { text in
            guard let range = ContentRange(text) else {
                exchange.violations.append("Content-Range \(text) cannot be read")
                throw Refusal.invalid("Failed to parse Content-Range header: \(text)")
            }
            return range
        }
        switch session.put(range, length: exchange.body.declaredLength) {
        case .repeatAnswer(let object): return .json(object.resource(base: exchange.request.base))
        case .report: return Self.report(session)
        case .finish: return try complete(&session, exchange)
        case .refuse(let status, let message):
            if status == 400 { exchange.violations.append(message) }
            throw Refusal.google(status, googleReason(status), message)
        case .receive(let skip, let count, let isLast):
            try receive(exchange, &session, skip: skip, count: count)
            guard isLast, session.kept == session.total else { return Self.report(session) }
            return try complete(&session, exchange)
        }
    }

    /// Appends the chunk's new bytes; when the connection breaks, or by fault, only whole units of 256 KiB stay.
    private func receive(_ exchange: Exchange, _ session: inout UploadSession, skip: Int, count: Int) throws {
        let writer = try FileWriter(path: session.part, appending: true)
        var left = skip
        do {
            while let piece = try exchange.body.read() {
                try writer.write(left > 0 ? Array(piece.dropFirst(left)) : piece)
                left = max(0, left - piece.count)
            }
        } catch let error as ConnectionEnded {
            session.kept = UploadSession.keptAfterBreak(kept: session.kept, received: writer.count - session.kept)
            try writer.truncate(to: session.kept)
            throw error
        }
        guard exchange.body.received == count else {
            try writer.truncate(to: session.kept)
            throw Refusal.invalid("Content-Range names \(count) bytes, the body had \(exchange.body.received).")
        }
        if let keep = exchange.keepBytes {
            let received = min(keep, writer.count - session.kept)
            try writer.truncate(to: UploadSession.keptAfterBreak(kept: session.kept, received: received))
        }
        session.kept = writer.count
    }

    private func complete(_ session: inout UploadSession, _ exchange: Exchange) throws -> ServedResponse {
        var target = session.target
        target.announced.add(AnnouncedHashes(metadata: nil, headers: exchange.request.headers))
        do {
            let object = try commit(target, part: session.part)
            session.state = .complete(object)
            return .json(object.resource(base: exchange.request.base))
        } catch {
            session.state = .cancelled  // a wrong checksum or a lost race ends the session
            unlink(session.part)
            throw error
        }
    }

    private static func report(_ session: UploadSession) -> ServedResponse {
        var response = ServedResponse(status: 308)
        if session.kept > 0 { response.headers["Range"] = "bytes=0-\(session.kept - 1)" }
        return response
    }

    /// Takes the session for one request; waits a little for a request whose connection has just broken.
    private func claim(_ id: String) throws -> UploadSession {
        for _ in 0..<400 {
            let found = sessions.withLock { sessions -> UploadSession? in
                guard let session = sessions[id] else { return nil }
                if !session.isBusy { sessions[id]?.isBusy = true }
                return session
            }
            guard let found else { throw Refusal.google(404, "notFound", "There is no such upload session.") }
            if !found.isBusy { return found }
            usleep(5_000)
        }
        throw Refusal.google(503, "backendError", "Another request is still writing to this upload session.")
    }

    private func release(_ id: String, _ session: UploadSession) {
        sessions.withLock { $0[id] = session }
    }
}

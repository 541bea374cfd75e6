import FoundationEssentials
import Synchronization
import Transport

@testable import GoogleCloud
import Text

/// A strict Cloud Storage in memory, without sockets: unknown routes, wrong checksums, chunks that are no multiple of
/// 256 KiB and ranges that do not fit are refused as the service refuses them.
final class FakeGCS: HTTPTransport {
    /// What goes wrong with one request.
    enum Fault: Sendable, CaseIterable {
        case brokenBefore, brokenAfter, unavailable, throttled, partial, sessionGone
    }

    struct Session: Sendable {
        let object: NewObject
        let precondition: String?
        var kept: [UInt8] = []
        var done: ObjectInfo?
        var isCancelled = false
    }

    struct NewObject: Decodable, Sendable {
        let name: String
        let contentType: String?
        let crc32c: String?
        let metadata: [String: String]?
    }

    struct World: Sendable {
        var buckets: Set<String> = ["bucket"]
        var objects: [String: (info: ObjectInfo, bytes: [UInt8])] = [:]
        var sessions: [String: Session] = [:]
        var requests: [HTTPRequest] = []
        var lastGeneration: Int64 = 100
        var acceptedToken: String?
        var violations: [String] = []
        var corruptsReads = false
        /// As a bucket that encrypts with a key of the customer's.
        var listsNoChecksums = false
    }
    let world = Mutex(World())
    private let fault: @Sendable (_ index: Int, _ request: HTTPRequest) -> Fault?

    init(fault: @escaping @Sendable (Int, HTTPRequest) -> Fault? = { _, _ in nil }) {
        self.fault = fault
    }

    var requests: [HTTPRequest] { world.withLock { $0.requests } }

    func download(_ request: HTTPRequest) async throws -> HTTPDownload {
        if Task.isCancelled { throw TransportError(.cancelled, operation: "fake", detail: "cancelled") }
        let index = world.withLock { world in
            world.requests.append(request)
            return world.requests.count - 1
        }
        let fault = fault(index, request)
        let broken = TransportError(.broken, operation: "fake", detail: "cut")
        switch fault {
        case .brokenBefore: throw broken
        case .unavailable: return answer(503, request, error: "come again")
        case .throttled: return answer(429, request, headers: ["Retry-After": "7"], error: "slow down")
        default: break
        }
        let download = world.withLock { route(request, &$0, fault: fault) }
        if fault == .brokenAfter { throw broken }
        return download
    }

    // MARK: Routes

    private func route(_ request: HTTPRequest, _ world: inout World, fault: Fault?) -> HTTPDownload {
        guard let components = URLComponents(string: request.url) else { return answer(400, request, error: "url") }
        var query: [String: String] = [:]
        for item in components.queryItems ?? [] { query[item.name] = item.value ?? "" }
        if query["upload_id"] == nil, let token = world.acceptedToken,
            request.headers["Authorization"] != "Bearer \(token)"
        {
            return answer(401, request, error: "token")
        }
        let body: [UInt8] = if case .bytes(let bytes) = request.body { bytes } else { [] }
        let parts = components.percentEncodedPath.split(separator: "/").map { percentDecoded($0) }

        switch (request.method, parts.count) {
        case ("POST", 3) where parts == ["storage", "v1", "b"]:
            let wanted = (try? JSONDecoder().decode([String: JSONAny].self, from: Data(body)))?["name"]?.text ?? ""
            return world.buckets.insert(wanted).inserted
                ? answer(200, request, body: "{}") : answer(409, request, error: "you own it")
        case ("GET", 4) where parts.prefix(3) == ["storage", "v1", "b"]:
            return world.buckets.contains(parts[3])
                ? answer(200, request, body: "{\"name\":\"\(parts[3])\"}") : answer(404, request, error: "no")
        case (_, 4...) where !world.buckets.contains(parts[parts[0] == "upload" ? 4 : 3]):
            return answer(404, request, error: "The specified bucket does not exist.")
        case ("POST", 6) where parts[0] == "upload":
            return query["uploadType"] == "multipart"
                ? insert(request, body, query, &world) : open(request, body, query, &world)
        case ("PUT", 6) where parts[0] == "upload":
            return put(request, body, query["upload_id"] ?? "", &world, fault: fault)
        case ("DELETE", 6) where parts[0] == "upload":
            world.sessions[query["upload_id"] ?? ""]?.isCancelled = true
            return answer(499, request)
        case ("GET", 5) where parts[4] == "o":
            return list(request, query, world)
        case (_, 6) where parts[0] == "storage" && parts[4] == "o":
            return object(request, parts[5], body, query, &world)
        default:
            world.violations.append("unknown route \(request.method) \(request.url)")
            return answer(400, request, error: "unknown route")
        }
    }

    private func insert(
        _ request: HTTPRequest,
        _ body: [UInt8],
        _ query: [String: String],
        _ world: inout World
    ) -> HTTPDownload {
        let type = request.headers["Content-Type"] ?? ""
        guard type.hasPrefix("multipart/related; boundary=") else { return answer(400, request, error: "content type") }
        let boundary = "--" + type.dropFirst("multipart/related; boundary=".count)
        let separator = Array("\r\n\r\n".utf8)
        guard let firstBlank = body.firstRange(of: separator),
            let second = body[firstBlank.upperBound...].firstRange(of: Array("\r\n\(boundary)\r\n".utf8)),
            let secondBlank = body[second.upperBound...].firstRange(of: separator),
            let end = body[secondBlank.upperBound...].firstRange(of: Array("\r\n\(boundary)--".utf8)),
            let object = try? JSONDecoder().decode(
                NewObject.self,
                from: Data(body[firstBlank.upperBound..<second.lowerBound])
            )
        else { return answer(400, request, error: "not CRLF multipart") }
        return store(
            object,
            Array(body[secondBlank.upperBound..<end.lowerBound]),
            query["ifGenerationMatch"],
            hash: nil,
            request,
            &world
        )
    }

    private func open(
        _ request: HTTPRequest,
        _ body: [UInt8],
        _ query: [String: String],
        _ world: inout World
    ) -> HTTPDownload {
        guard let object = try? JSONDecoder().decode(NewObject.self, from: Data(body)), object.name == query["name"]
        else { return answer(400, request, error: "metadata") }
        if let refusal = violates(query["ifGenerationMatch"], object.name, world) { return answer(refusal, request) }
        let id = "session-\(world.sessions.count)"
        world.sessions[id] = Session(object: object, precondition: query["ifGenerationMatch"])
        let place = request.url.prefix { $0 != "?" } + "?uploadType=resumable&upload_id=\(id)"
        return answer(200, request, headers: ["Location": String(place)])
    }

    private func put(
        _ request: HTTPRequest,
        _ body: [UInt8],
        _ id: String,
        _ world: inout World,
        fault: Fault?
    ) -> HTTPDownload {
        if fault == .sessionGone { world.sessions[id] = nil }
        guard var session = world.sessions[id] else { return answer(410, request, error: "gone") }
        if session.isCancelled { return answer(499, request) }
        if let done = session.done { return answer(200, request, object: done) }
        guard let range = ContentRange(request.headers["Content-Range"] ?? "") else {
            return answer(400, request, error: "Content-Range")
        }
        if let first = range.first, let last = range.last {
            guard last - first + 1 == body.count, first <= session.kept.count else {
                world.violations.append("range \(first)-\(last) does not fit \(session.kept.count) + \(body.count)")
                return answer(400, request, error: "range")
            }
            if range.total == nil, body.count % (256 << 10) != 0 {
                world.violations.append("a chunk of \(body.count) bytes")
                return answer(400, request, error: "chunk size")
            }
            var fresh = body.dropFirst(session.kept.count - first)
            if fault == .partial { fresh = fresh.prefix(max(0, (fresh.count - 1) / (256 << 10)) * (256 << 10)) }
            session.kept += fresh
        }
        world.sessions[id] = session
        if let total = range.total, session.kept.count == total {
            let hash = request.headers["X-Goog-Hash"].map { String($0.dropFirst("crc32c=".count)) }
            if hash == nil { world.violations.append("the last chunk has no hash") }
            let download = store(session.object, session.kept, session.precondition, hash: hash, request, &world)
            if download.head.status == 200 { world.sessions[id]?.done = world.objects[session.object.name]?.info }
            return download
        }
        let kept = session.kept.count
        return answer(308, request, headers: kept == 0 ? [:] : ["Range": "bytes=0-\(kept - 1)"])
    }

    private func store(
        _ object: NewObject,
        _ bytes: [UInt8],
        _ precondition: String?,
        hash: String?,
        _ request: HTTPRequest,
        _ world: inout World
    ) -> HTTPDownload {
        if let refusal = violates(precondition, object.name, world) { return answer(refusal, request, error: "held") }
        let crc = CRC32C.of(bytes)
        for told in [object.crc32c, hash] where told != nil && told != CRC32C.base64(crc) {
            return answer(400, request, error: "Provided CRC32C doesn't match")
        }
        world.lastGeneration += 1
        let info = ObjectInfo(
            name: object.name,
            size: Int64(bytes.count),
            crc32c: crc,
            generation: world.lastGeneration,
            contentType: object.contentType ?? "",
            updated: "2026-01-01T00:00:00Z",
            metadata: object.metadata ?? [:]
        )
        world.objects[object.name] = (info, bytes)
        return answer(200, request, object: info)
    }

    private func violates(_ precondition: String?, _ name: String, _ world: World) -> Int? {
        guard let precondition else { return nil }
        return (world.objects[name]?.info.generation ?? 0) == Int64(precondition) ? nil : 412
    }

    private func object(
        _ request: HTTPRequest,
        _ name: String,
        _ body: [UInt8],
        _ query: [String: String],
        _ world: inout World
    ) -> HTTPDownload {
        guard let (info, bytes) = world.objects[name] else { return answer(404, request, error: "No such object") }
        if let refusal = violates(query["ifGenerationMatch"], name, world) { return answer(refusal, request) }
        if let wanted = query["ifMetagenerationMatch"], wanted != "\(info.metageneration)" {
            return answer(412, request)
        }
        switch request.method {
        case "DELETE":
            world.objects[name] = nil
            return answer(204, request)
        case "PATCH":
            guard let patch = try? JSONDecoder().decode([String: [String: String?]].self, from: Data(body)) else {
                return answer(400, request, error: "patch")
            }
            var changed = info
            changed.apply(patch["metadata"] ?? [:])
            world.objects[name]?.info = changed
            return answer(200, request, object: changed)
        case "GET" where query["alt"] == "media":
            let headers: HTTPHeaders = ["X-Goog-Hash": "crc32c=\(CRC32C.base64(info.crc32c ?? 0)),md5=x"]
            if world.corruptsReads {
                world.corruptsReads = false
                return answer(200, request, headers: headers, bytes: [0] + bytes)
            }
            guard let range = request.headers["Range"] else {
                return answer(200, request, headers: headers, bytes: bytes)
            }
            let ends = range.dropFirst("bytes=".count).split(separator: "-").compactMap { Int($0) }
            guard ends[0] < bytes.count else { return answer(416, request) }
            return answer(206, request, headers: headers, bytes: Array(bytes[ends[0]...min(ends[1], bytes.count - 1)]))
        case "GET": return answer(200, request, object: info)
        default: return answer(400, request, error: "method")
        }
    }

    private func list(_ request: HTTPRequest, _ query: [String: String], _ world: World) -> HTTPDownload {
        guard let limit = query["maxResults"].flatMap({ Int($0) }), limit <= 1000, query["fields"] != nil else {
            return answer(400, request, error: "maxResults, fields")
        }
        let page = ListingPage(
            of: Array(world.objects.keys),
            prefix: query["prefix"] ?? "",
            delimiter: query["delimiter"],
            pageToken: query["pageToken"],
            limit: limit
        )
        var fields: [String] = []
        let items = page.names.compactMap {
            world.objects[$0].map { Self.json($0.info, checksum: !world.listsNoChecksums) }
        }
        if !items.isEmpty { fields.append("\"items\":[\(items.joined(separator: ","))]") }
        if !page.prefixes.isEmpty {
            fields.append("\"prefixes\":[\(page.prefixes.map { "\"\($0)\"" }.joined(separator: ","))]")
        }
        if let token = page.nextPageToken { fields.append("\"nextPageToken\":\"\(token)\"") }
        return answer(200, request, body: "{\(fields.joined(separator: ","))}")
    }

    // MARK: Answers

    private static func json(_ info: ObjectInfo, checksum: Bool = true) -> String {
        let crc = info.crc32c.flatMap { checksum ? "\"crc32c\":\"\(CRC32C.base64($0))\"," : nil } ?? ""
        let metadata = info.metadata.map { "\"\($0.key)\":\"\($0.value)\"" }.joined(separator: ",")
        return """
            {"name":"\(info.name)","size":"\(info.size)",\(crc)\
            "generation":"\(info.generation)","metageneration":"\(info.metageneration)",\
            "contentType":"\(info.contentType)","updated":"\(info.updated)","metadata":{\(metadata)}}
            """
    }

    private func answer(_ status: Int, _ request: HTTPRequest, object: ObjectInfo) -> HTTPDownload {
        answer(status, request, body: Self.json(object))
    }

    private func answer(
        _ status: Int,
        _ request: HTTPRequest,
        headers: HTTPHeaders = [:],
        error: String
    ) -> HTTPDownload {
        answer(status, request, headers: headers, bytes: Array("{\"error\":{\"message\":\"\(error)\"}}".utf8))
    }

    private func answer(
        _ status: Int,
        _ request: HTTPRequest,
        headers: HTTPHeaders = [:],
        body: String = "",
        bytes: [UInt8]? = nil
    ) -> HTTPDownload {
        let rest = Mutex<[UInt8]?>(bytes ?? Array(body.utf8))
        return HTTPDownload(
            head: HTTPHead(status: status, headers: headers, url: request.url),
            next: { rest.withLock { $0.take() }.flatMap { $0.isEmpty ? nil : $0 } },
            cancel: {}
        )
    }
}

/// `bytes A-B/T`, `bytes A-B/*`, `bytes */T`, `bytes */*`.
private struct ContentRange {
    var first: Int?
    var last: Int?
    var total: Int?

    init?(_ text: String) {
        let halves = text.dropFirst("bytes ".count).split(separator: "/")
        guard text.hasPrefix("bytes "), halves.count == 2 else { return nil }
        total = Int(halves[1])
        if halves[0] == "*" { return }
        let ends = halves[0].split(separator: "-").compactMap { Int($0) }
        guard ends.count == 2 else { return nil }
        (first, last) = (ends[0], ends[1])
    }
}

/// Any JSON value, of which only texts are looked at.
private struct JSONAny: Decodable {
    let text: String?

    init(from decoder: any Decoder) throws {
        text = try? decoder.singleValueContainer().decode(String.self)
    }
}

private func percentDecoded(_ text: Substring) -> String {
    var bytes: [UInt8] = []
    var input = text.utf8.makeIterator()
    while let byte = input.next() {
        guard byte == UInt8(ascii: "%"), let high = input.next(), let low = input.next() else {
            bytes.append(byte)
            continue
        }
        bytes.append(UInt8(String(decoding: [high, low], as: UTF8.self), radix: 16) ?? 0)
    }
    return String(decoding: bytes, as: UTF8.self)
}

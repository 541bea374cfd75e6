import Synchronization
import Text

/// A stand-in for Tardis: dataset files, and the catalogue of its metadata API, on one server.
public final class TardisService: SandboxService {
    /// How a dataset without rows looks.
    public enum Emptiness: String, Sendable, CaseIterable {
        /// A body of no bytes.
        case zero
        /// A gzip member of no bytes.
        case gzip
        /// Only the header line.
        case header
        /// Only the header, without its line end.
        case headerWithoutNewline = "header-without-newline"
    }

    /// What is served, to whom.
    public struct Configuration: Sendable {
        public var catalogue: TardisCatalogue
        /// How much a generated file holds.
        public var size = TickGenerator.Size.rows(2_000)
        /// Directory of real files, in Tardis's URL layout or with flat names.
        public var data: String?
        public var cache: String
        /// The key that opens days other than the first of a month; nil refuses every key.
        public var apiKey: String?
        /// The key's plan, as `/api-key-info` tells it: `pro` has one address at a time, `business` several.
        public var keyPlan = "pro"
        /// What the key opens; nil for everything.
        public var keyCoverage: [KeyCoverage]?
        /// The key is locked to the address that used it last until so many seconds after its last request; nil for no lock.
        public var keyLockSeconds: Int?
        /// The address by which a client, told by its VM's name or its own address, is seen on the internet.
        public var address: @Sendable (_ client: String) -> String = { $0 }
        /// Datasets without rows: a glob of the URL's part behind `/v1/`, and what they look like.
        public var empty: [(glob: String, form: Emptiness)] = []

        /// A configuration with these three and defaults for the rest.
        public init(catalogue: TardisCatalogue, cache: String, apiKey: String? = nil) {
            self.catalogue = catalogue
            self.cache = cache
            self.apiKey = apiKey
        }
    }

    /// `tardis`.
    public let name = "tardis"

    private let configuration: Configuration
    private let files: TardisFiles
    private let wasabi: WasabiService
    private let lock = Mutex<(holder: String, until: Int)>(("", 0))

    /// Makes the service; keyed days are redirected to `wasabi`, which must be served on another port.
    public init(_ configuration: Configuration, wasabi: WasabiService) throws {
        self.wasabi = wasabi
        files = try TardisFiles(data: configuration.data, cache: configuration.cache)
        var configuration = configuration
        configuration.catalogue.add(files.realFiles)
        self.configuration = configuration
    }

    /// An error in Tardis's JSON form.
    public func refusal(_ told: RefusalText) -> ServedResponse {
        var json: JSONObject = ["code": .integer(told.code ?? told.status), "message": .string(told.message)]
        json["retryAfterSeconds"] = told.retryAfterSeconds
        return .json(.object(json), status: told.status)
    }

    public func respond(to exchange: Exchange) throws -> ServedResponse {
        let request = exchange.request
        let agent = request.headers["User-Agent"] ?? ""
        guard !agent.isEmpty, !agent.hasPrefix("Python-urllib") else {
            exchange.violations.append("User-Agent \"\(agent)\" is refused")
            return .text(
                "<!DOCTYPE html><html><body>Error 1010: access denied</body></html>",
                type: "text/html",
                status: 403
            )
        }
        guard request.method == "GET" else {
            exchange.violations.append("\(request.method) on Tardis")
            return refuse(405, "only GET is offered")
        }
        let parts = request.path.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map(String.init)
        for item in request.query where item.name != "retryAttempt" {
            exchange.violations.append("unknown query parameter \(item.name)")
        }
        switch (parts.first, parts.count) {
        case ("v1", 7): return try dataset(request, Array(parts.dropFirst()))
        case ("v1", 2) where parts[1] == "exchanges":
            return catalogueAnswer(configuration.catalogue.exchangesAnswer, request)
        case ("v1", 3) where parts[1] == "exchanges":
            guard let answer = configuration.catalogue.exchangeAnswer(parts[2]) else {
                return refuse(400, "Invalid 'exchange' param provided: '\(parts[2])'.", code: 100)
            }
            return catalogueAnswer(answer, request)
        case ("v1", 2) where parts[1] == "api-key-info": return keyInfo(request)
        default:
            exchange.violations.append("no such path on Tardis")
            return refuse(404, "Not Found")
        }
    }

    /// Cloudflare's page, which stands before Tardis.
    public func frontPage(status: Int) -> ServedResponse {
        let known = [
            502: "Bad gateway", 504: "Gateway time-out", 520: "Web server is returning an unknown error",
            521: "Web server is down", 522: "Connection timed out", 523: "Origin is unreachable",
            524: "A timeout occurred", 530: "Origin DNS error",
        ]
        let title = known[status] ?? reasonPhrase(status)
        let page = """
            <!DOCTYPE html>
            <html class="no-js" lang="en-US">
            <head><title>datasets.tardis.dev | \(status): \(title)</title><meta charset="UTF-8" /></head>
            <body><div id="cf-wrapper"><h1><span>\(title)</span> <span>Error code \(status)</span></h1>
            <p>Visit cloudflare.com for more information.</p></div></body>
            </html>

            """
        var answer = ServedResponse.text(page, type: "text/html; charset=UTF-8", status: status)
        answer.headers["Server"] = "cloudflare"
        answer.headers["CF-RAY"] = "9a4b5c6d7e8f9012-NRT"
        return answer
    }

    private func refuse(_ status: Int, _ message: String, code: Int? = nil) -> ServedResponse {
        refusal(RefusalText(status, message, code: code))
    }

    // MARK: metadata

    private func catalogueAnswer(_ json: JSONValue, _ request: ServedRequest) -> ServedResponse {
        var response = ServedResponse.json(json)
        guard case .bytes(let plain) = response.body, acceptsGzip(request), let packed = try? gzipped(plain) else {
            return response
        }
        response.headers["Content-Encoding"] = "gzip"
        response.body = .bytes(packed)
        return response
    }

    private func acceptsGzip(_ request: ServedRequest) -> Bool {
        request.headers["Accept-Encoding"]?.lowercased().contains("gzip") == true
    }

    private func keyInfo(_ request: ServedRequest) -> ServedResponse {
        guard hasGoodKey(request) == true else { return unauthorized }
        let catalogue = configuration.catalogue
        let covered = configuration.keyCoverage ?? catalogue.exchanges.keys.sorted().map { KeyCoverage(exchange: $0) }
        return .json(
            .array(
                covered.map { entry in
                    [
                        "exchange": .string(entry.exchange), "accessType": .string(configuration.keyPlan),
                        "from": (entry.from ?? TardisCatalogue.firstDay).instant,
                        "to": (entry.to ?? catalogue.exportedUntil).instant, "symbols": [], "dataPlan": "all",
                    ]
                }
            )
        )
    }

    // MARK: datasets

    private func dataset(_ request: ServedRequest, _ parts: [String]) throws -> ServedResponse {
        guard let symbol = percentDecoded(parts[5]), symbol.hasSuffix(".csv.gz") else {
            return refuse(404, "Not Found")
        }
        guard let day = TickDay("\(parts[2])-\(parts[3])-\(parts[4])") else {
            return refuse(
                400,
                "Invalid date '\(parts[2])-\(parts[3])-\(parts[4])': ISO 8601 format expected",
                code: 110
            )
        }
        let key = TardisFileKey(exchange: parts[0], dataType: parts[1], day: day, symbol: String(symbol.dropLast(7)))
        if let problem = absence(of: key) { return problem }
        let isFree = day.day == 1
        if let isGood = hasGoodKey(request), !isGood { return unauthorized }
        if !isFree {
            guard hasGoodKey(request) == true else { return unauthorized }
            if let covered = configuration.keyCoverage, !covered.contains(where: { $0.opens(key.exchange, key.day) }) {
                return notCovered(key)
            }
            if let locked = takeLock(configuration.address(request.client)) { return locked }
            let link = wasabi.presignedURL(for: key.path, requestedAt: request.base) { [self] in try serve(key, $0) }
            return ServedResponse(status: 302, headers: ["Location": link])
        }
        return try serve(key, request)
    }

    /// Tardis's answer for what it does not have; nil for what there is.
    private func absence(of key: TardisFileKey) -> ServedResponse? {
        let catalogue = configuration.catalogue
        guard catalogue.exchanges[key.exchange] != nil else {
            return refuse(400, "Invalid 'exchange' param provided: '\(key.exchange)'.", code: 100)
        }
        guard let instrument = catalogue.instrument(key.symbol, on: key.exchange) else {
            return refuse(400, "Invalid 'symbol' param provided: '\(key.symbol)'.", code: 300)
        }
        if files.realFiles.contains(key) { return nil }
        let isThere =
            instrument.dataTypes.contains { $0.rawValue == key.dataType }
            && key.day >= instrument.availableSince
            && key.day < min(instrument.availableTo ?? catalogue.exportedUntil, catalogue.exportedUntil)
        if isThere { return nil }
        return refuse(
            400,
            "There is no \(key.dataType) data set of \(key.symbol) for \(key.day); available since \(instrument.availableSince).",
            code: 140
        )
    }

    /// True or false for a good or wrong key, nil without one.
    private func hasGoodKey(_ request: ServedRequest) -> Bool? {
        guard let sent = request.headers["Authorization"] else { return nil }
        guard let key = configuration.apiKey, !key.isEmpty else { return false }
        return sent == "Bearer \(key)"
    }

    /// The words are not Tardis's own, which no public source shows; status and form are.
    private func notCovered(_ key: TardisFileKey) -> ServedResponse {
        refuse(
            401,
            "Unauthorized. Provided API key does not have access to '\(key.exchange)' data for \(key.day). Data of the "
                + "first day of each month is available without an API key. See /v1/api-key-info for what the key covers.",
            code: 12
        )
    }

    /// Lets an address use the key, or tells for how long another one has it.
    private func takeLock(_ address: String) -> ServedResponse? {
        guard let seconds = configuration.keyLockSeconds else { return nil }
        let now = Clock.microseconds()
        let left = lock.withLock { lock in
            if lock.holder != address, lock.until > now { return lock.until - now }
            lock = (address, now + seconds * 1_000_000)
            return 0
        }
        guard left > 0 else { return nil }
        return refusal(
            RefusalText(
                403,
                "API key is already in use from another IP address.",
                code: 274,
                retryAfterSeconds: .integer((left + 999_999) / 1_000_000)
            )
        )
    }

    private var unauthorized: ServedResponse {
        refuse(401, "Unauthorized. Provide a valid API key as 'Authorization: Bearer' header.", code: 10)
    }

    private func serve(_ key: TardisFileKey, _ request: ServedRequest) throws -> ServedResponse {
        let emptiness = configuration.empty.first { Glob.matches(key.path, pattern: $0.glob, style: .text) }?.form
        var headers: ServedHeaders = ["Content-Type": "application/gzip", "Accept-Ranges": "bytes"]
        if emptiness == .zero {
            headers["ETag"] = "\"empty\""
            return ServedResponse(status: 200, headers: headers)
        }
        let served = try files.open(key) { writer in
            guard let type = TickGenerator.DataType(rawValue: key.dataType) else { return }
            switch emptiness {
            case .header: try Array((type.header + "\n").utf8).withUnsafeBytes(writer.write)
            case .headerWithoutNewline: try Array(type.header.utf8).withUnsafeBytes(writer.write)
            case .gzip, .zero: break
            case nil:
                let generator = TickGenerator(
                    exchange: key.exchange,
                    dataType: type,
                    day: key.day,
                    symbol: key.symbol,
                    size: configuration.size
                )
                try generator.write(to: writer.write)
            }
        }
        headers["ETag"] = served.etag
        var response = ServedResponse(status: 200, headers: headers)
        let isSame = request.headers["If-Range"].map { $0 == served.etag } ?? true
        RangeHeader.apply(isSame ? request.headers["Range"] : nil, to: &response, file: served.file)
        return response
    }
}

extension TardisCatalogue {
    /// Adds symbols and types that only the directory of real files knows.
    mutating func add(_ keys: [TardisFileKey]) {
        for key in keys.sorted(by: { $0.day < $1.day }) where instrument(key.symbol, on: key.exchange) == nil {
            let types = Set(keys.filter { $0.exchange == key.exchange && $0.symbol == key.symbol }.map(\.dataType))
            exchanges[key.exchange, default: []].append(
                TardisInstrument(
                    id: key.symbol,
                    type: Self.type(of: key.exchange),
                    dataTypes: TickGenerator.DataType.allCases.filter { types.contains($0.rawValue) },
                    availableSince: key.day
                )
            )
        }
    }
}

/// Packs bytes as one gzip member.
private func gzipped(_ bytes: [UInt8]) throws -> [UInt8] {
    var packed: [UInt8] = []
    let writer = GzipWriter { packed += $0 }
    try bytes.withUnsafeBytes(writer.write)
    try writer.finish()
    return packed
}

import Console
import Glibc
import Sandbox

/// What the command line of `tick-sandbox` asks for, in the stand-ins' own types.
struct Options {
    let arguments: ParsedArguments
    let faults: [FaultRule]
    let computeFaults: [ComputeFault]
    let symbols: [String: [String]]?

    init(_ arguments: ParsedArguments) throws {
        self.arguments = arguments
        do {
            let lines = try arguments.string("faults").map(Self.lines) ?? []
            faults = try (arguments.all("fault") + lines).map(FaultRule.init(parsing:))
            let quotas = arguments.all("quota").compactMap(Self.quota)
            computeFaults = try arguments.all("compute-fault").map(Self.computeRule) + quotas
            symbols = try arguments.string("instruments").map(Self.symbols)
        } catch let error as SandboxError {
            throw arguments.error("\(error)")
        }
    }

    var size: TickGenerator.Size {
        if let bytes = arguments.string("bytes").flatMap(parseByteCount) { return .csvBytes(bytes) }
        return .rows(arguments.string("rows").flatMap(parseByteCount) ?? 2_000)
    }

    /// The first day that is not exported yet.
    var exportedUntil: TickDay { arguments.string("exported-until").flatMap { TickDay($0) } ?? .today() }

    var empty: [(glob: String, form: TardisService.Emptiness)] { arguments.all("empty").compactMap(Self.emptiness) }

    var ports: [SandboxEnvironment.Port: UInt16] {
        var ports = Dictionary(arguments.all("port").compactMap(Self.otherPort)) { $1 }
        for (port, name) in Self.ownOptions {
            if let number = arguments.string(name).flatMap(UInt16.init) { ports[port] = number }
        }
        return ports
    }

    private static let ownOptions: [SandboxEnvironment.Port: String] = [
        .tardis: "tardis-port", .storage: "gcs-port", .storageTLS: "gcs-https-port",
    ]

    /// The services of which `--port` takes the ports.
    static var otherPorts: [String] {
        SandboxEnvironment.Port.allCases.filter { ownOptions[$0] == nil }.map(\.rawValue)
    }

    /// `SERVICE=PORT` in its parts; nil when it is malformed.
    static func otherPort(_ text: String) -> (SandboxEnvironment.Port, UInt16)? {
        let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
        guard parts.count == 2, otherPorts.contains(parts[0]), let port = SandboxEnvironment.Port(rawValue: parts[0]),
            let number = UInt16(parts[1])
        else { return nil }
        return (port, number)
    }

    /// A list of which `none` is the empty one; nil when it was not given.
    func list(_ name: String) -> [String]? {
        let all = arguments.all(name)
        return all.isEmpty ? nil : all.filter { $0 != "none" }
    }

    /// The project that the options describe.
    func project() throws -> CloudProject {
        let tokens = AccessTokens(lifetimeSeconds: arguments.string("token-lifetime").flatMap { Int($0) } ?? 3_600)
        let project = CloudProject(
            id: arguments.string("project") ?? "central-element-323112",
            accounts: arguments.all("service-account"),
            enabled: (list("enable-api") ?? []).flatMap { Self.shorthands[$0] ?? [$0] },
            orgPolicies: try arguments.all("org-policy").map(OrgPolicy.init(parsing:)),
            buildsAsComputeAccount: arguments.string("build-account") != "legacy",
            tokens: tokens
        )
        for permission in arguments.all("deny-permission") { project.deny(permission) }
        project.setDelays(
            grantsMilliseconds: arguments.string("grant-delay").flatMap(parseMilliseconds) ?? 0,
            apisMilliseconds: arguments.string("api-delay").flatMap(parseMilliseconds) ?? 0
        )
        project.setClockSkew(seconds: arguments.string("clock-skew").flatMap { Int($0) } ?? 0)
        if arguments.flag("require-quota-project") { project.requireQuotaProject() }
        return project
    }

    /// Sets of APIs by the words for them.
    static let shorthands = ["runbook": CloudProject.runbookAPIs, "prepared": CloudProject.preparedAPIs]

    /// How the buckets are set up.
    var bucketSettings: [String: BucketSettings] {
        var settings: [String: BucketSettings] = [:]
        for text in arguments.all("bucket-kind") {
            guard let (bucket, kind) = Self.bucketKind(text) else { continue }
            for name in bucket.map({ [$0] }) ?? arguments.all("bucket") {
                _ = settings[name, default: BucketSettings()].apply(kind)
            }
        }
        return settings
    }

    /// `[BUCKET=]KIND` in its parts; nil when it is malformed.
    static func bucketKind(_ text: String) -> (bucket: String?, kind: String)? {
        let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
        guard let kind = parts.last else { return nil }
        var settings = BucketSettings()
        return settings.apply(kind) ? (parts.count == 2 ? parts[0] : nil, kind) : nil
    }

    /// What is wrong with the name of an organisation policy; nil when nothing is.
    static func policyComplaint(_ text: String) -> String? {
        do {
            _ = try OrgPolicy(parsing: text)
            return nil
        } catch {
            return "is no policy: \(error)"
        }
    }

    /// The images to plant: the runbook's unless others, or none, are asked for.
    func images(in project: CloudProject) -> [ImageReference] {
        let standard = ArtifactRegistryService.image(in: project.id)
        return (list("image-planted") ?? [standard]).compactMap(ImageReference.init)
    }

    /// The whole path of a directory; nil when it is none.
    static func absoluteDirectory(_ path: String) -> String? {
        guard Files.isDirectory(path), let whole = realpath(path, nil) else { return nil }
        defer { free(whole) }
        return String(cString: whole)
    }

    /// `GLOB=FORM` in its parts; nil when it is malformed.
    static func emptiness(_ text: String) -> (glob: String, form: TardisService.Emptiness)? {
        let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
        guard parts.count == 2, let form = TardisService.Emptiness(rawValue: parts[1]) else { return nil }
        return (parts[0], form)
    }

    /// What is wrong with a fault rule; nil when nothing is.
    static func ruleComplaint(_ text: String) -> String? {
        do {
            _ = try FaultRule(parsing: text)
            return nil
        } catch {
            return "is no rule: \(error)"
        }
    }

    /// What is wrong with a rule for Compute Engine; nil when nothing is.
    static func computeRuleComplaint(_ text: String) -> String? {
        do {
            _ = try computeRule(text)
            return nil
        } catch {
            return "is no rule: \(error)"
        }
    }

    private static func computeRule(_ text: String) throws -> ComputeFault {
        try ComputeFault(parsing: text.replacing("%2C", with: ","))
    }

    /// `METRIC=N` as a rule; nil when it is malformed.
    static func quota(_ text: String) -> ComputeFault? {
        let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
        guard parts.count == 2, let limit = Double(parts[1]), limit >= 0 else { return nil }
        return .quota(metric: parts[0], region: nil, limit: limit)
    }

    /// The lines of a text file, without empty ones and comments.
    private static func lines(of path: String) throws -> [String] {
        String(decoding: try Files.read(path), as: UTF8.self)
            .split(whereSeparator: \.isNewline)
            .map(String.init)
            .filter { !$0.hasPrefix("#") && !$0.allSatisfy(\.isWhitespace) }
    }

    /// Exchange id to symbols, from an instruments file.
    private static func symbols(of path: String) throws -> [String: [String]] {
        let rows = try lines(of: path).map { $0.split(separator: ",", omittingEmptySubsequences: false) }
        guard let header = rows.first, let venue = header.firstIndex(of: "venue"),
            let symbol = header.firstIndex(of: "symbol")
        else { throw SandboxError("--instruments: \(path) has no header with venue and symbol") }
        var symbols: [String: [String]] = [:]
        for row in rows.dropFirst() {
            guard row.count > max(venue, symbol) else {
                throw SandboxError("--instruments: \(path) has a short row: \(row.joined(separator: ","))")
            }
            let exchange = row[venue] == "binance-spot" ? "binance" : String(row[venue])
            symbols[exchange, default: []].append(String(row[symbol]).replacing("/", with: "-").uppercased())
        }
        return symbols
    }
}

import Console
import Sandbox

/// What the command line of `tick-sandbox` asks for, in the stand-ins' own types.
struct Options {
    let arguments: ParsedArguments
    let faults: [FaultRule]
    let symbols: [String: [String]]?

    /// Reads the files that the command line names.
    init(_ arguments: ParsedArguments) throws {
        self.arguments = arguments
        do {
            let lines = try arguments.string("faults").map(Self.lines) ?? []
            faults = try (arguments.all("fault") + lines).map(FaultRule.init(parsing:))
            symbols = try arguments.string("instruments").map(Self.symbols)
        } catch let error as SandboxError {
            throw arguments.error("\(error)")
        }
    }

    /// The size of generated files.
    var size: TickGenerator.Size {
        if let bytes = arguments.string("bytes").flatMap(parseByteCount) { return .csvBytes(bytes) }
        return .rows(arguments.string("rows").flatMap(parseByteCount) ?? 2_000)
    }

    /// The first day that is not exported yet.
    var exportedUntil: TickDay { arguments.string("exported-until").flatMap { TickDay($0) } ?? .today() }

    /// Datasets without rows.
    var empty: [(glob: String, form: TardisService.Emptiness)] { arguments.all("empty").compactMap(Self.emptiness) }

    /// A port; 0 takes a free one.
    func port(_ name: String) -> UInt16 { arguments.string(name).flatMap(UInt16.init) ?? 0 }

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

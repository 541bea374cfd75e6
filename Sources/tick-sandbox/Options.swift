import Glibc
import Sandbox

/// The command line of `tick-sandbox`.
struct Options {
    var data: String?
    var store: String?
    var tardisPort: UInt16 = 0
    var storagePort: UInt16 = 0
    var storageTLSPort: UInt16 = 0
    var size = TickGenerator.Size.rows(2_000)
    var buckets: [String] = []
    var instruments: String?
    var exportedUntil: TickDay?
    var empty: [(glob: String, form: TardisService.Emptiness)] = []
    var faults: [FaultRule] = []
    var record: String?
    var printsEnvironment = false
    var environmentFile: String?
    var command: [String] = []

    struct UsageError: Error {
        let sentence: String
    }

    static let help = """
        Usage: tick-sandbox [OPTIONS] [-- COMMAND ARGUMENTS…]

        Local stand-ins for Tardis and Google Cloud Storage on 127.0.0.1. Runs until SIGINT or SIGTERM, or as long as
        COMMAND runs, which gets the environment below and whose exit status becomes its own.

          --data DIR            real csv.gz files: EXCHANGE/TYPE/YYYY/MM/DD/SYMBOL.csv.gz or EXCHANGE_TYPE_DATE_SYMBOL*.csv.gz
          --store DIR           objects of Cloud Storage (a fresh temporary directory)
          --bucket NAME         make this bucket at the start (repeatable)
          --instruments FILE    CSV with the columns venue and symbol: binance-spot (binance) and binance-futures
          --rows N              rows of each generated file (2000)
          --bytes SIZE          about so many bytes of CSV text in each, such as 200M, instead of --rows
          --exported-until DATE the first day that Tardis has not exported yet (today)
          --empty GLOB=FORM     datasets without rows: zero, gzip, header or header-without-newline (repeatable)
          --tardis-port PORT    --gcs-port PORT    --gcs-https-port PORT    fixed ports (0: free ones)
          --fault RULE          something that goes wrong, see below (repeatable)
          --faults FILE         such rules, one a line
          --record FILE         append every request as a line of JSON
          --print-env           write the environment to standard output as export lines, once everything listens
          --env-file FILE       write it to a file, in one piece
          --help

        The key for days other than the first of a month comes from TICK_SANDBOX_TARDIS_KEY, and a token that Cloud Storage
        shall ask for from TICK_SANDBOX_GCS_TOKEN. COMMAND does not see these two.

        Faults
        \(FaultRule.syntax.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n"))

        """

    /// Parses the arguments; nil asks for the help text.
    static func parse(_ arguments: [String]) throws -> Options? {
        var options = Options()
        var rest = arguments[...]
        while let flag = rest.popFirst() {
            switch flag {
            case "--help", "-h": return nil
            case "--print-env": options.printsEnvironment = true
            case "--":
                guard !rest.isEmpty else { throw UsageError(sentence: "a command is missing behind --") }
                options.command = Array(rest)
                rest = []
            default:
                let parts = flag.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
                guard flag.hasPrefix("--"), isKnown(parts[0]) else {
                    throw UsageError(sentence: "unknown option \(flag); tick-sandbox --help lists them")
                }
                guard let value = parts.count > 1 ? parts[1] : rest.popFirst() else {
                    throw UsageError(sentence: "\(flag) needs a value")
                }
                try options.set(parts[0], to: value)
            }
        }
        return options
    }

    private static func isKnown(_ flag: String) -> Bool {
        [
            "--data", "--store", "--bucket", "--instruments", "--rows", "--bytes", "--exported-until", "--empty",
            "--tardis-port", "--gcs-port", "--gcs-https-port", "--fault", "--faults", "--record", "--env-file",
        ].contains(flag)
    }

    private mutating func set(_ flag: String, to value: String) throws {
        switch flag {
        case "--data":
            guard Files.isDirectory(value) else { throw UsageError(sentence: "--data: \(value) is no directory") }
            data = value
        case "--store": store = value
        case "--bucket": buckets.append(value)
        case "--instruments": instruments = value
        case "--rows": size = .rows(try Self.number(flag, value))
        case "--bytes": size = .csvBytes(try Self.number(flag, value))
        case "--exported-until":
            guard let day = TickDay(value) else {
                throw UsageError(sentence: "\(flag): \(value) is no date YYYY-MM-DD")
            }
            exportedUntil = day
        case "--empty":
            let parts = value.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, let form = TardisService.Emptiness(rawValue: parts[1]) else {
                throw UsageError(sentence: "--empty: \(value) is not GLOB=zero, gzip, header or header-without-newline")
            }
            empty.append((parts[0], form))
        case "--tardis-port": tardisPort = try Self.port(flag, value)
        case "--gcs-port": storagePort = try Self.port(flag, value)
        case "--gcs-https-port": storageTLSPort = try Self.port(flag, value)
        case "--fault": faults.append(try Self.rule(value))
        case "--faults": faults += try Self.lines(of: value).map(Self.rule)
        case "--record": record = value
        default: environmentFile = value
        }
    }

    private static func number(_ flag: String, _ value: String) throws -> Int {
        guard let number = parseByteCount(value), number >= 0 else {
            throw UsageError(sentence: "\(flag): \(value) is no number")
        }
        return number
    }

    private static func port(_ flag: String, _ value: String) throws -> UInt16 {
        guard let port = UInt16(value) else { throw UsageError(sentence: "\(flag): \(value) is no port") }
        return port
    }

    private static func rule(_ text: String) throws -> FaultRule {
        do {
            return try FaultRule(parsing: text)
        } catch {
            throw UsageError(sentence: "\(error)")
        }
    }

    /// The lines of a text file, without empty ones and comments.
    static func lines(of path: String) throws -> [String] {
        do {
            return String(decoding: try Files.read(path), as: UTF8.self)
                .split(whereSeparator: \.isNewline)
                .map(String.init)
                .filter { !$0.hasPrefix("#") && !$0.allSatisfy(\.isWhitespace) }
        } catch {
            throw UsageError(sentence: "\(error)")
        }
    }

    /// Exchange id to symbols, from the instruments file; nil without one.
    func symbols() throws -> [String: [String]]? {
        guard let instruments else { return nil }
        let rows = try Self.lines(of: instruments).map { $0.split(separator: ",", omittingEmptySubsequences: false) }
        guard let header = rows.first, let venue = header.firstIndex(of: "venue"),
            let symbol = header.firstIndex(of: "symbol")
        else {
            throw UsageError(sentence: "--instruments: \(instruments) has no header with venue and symbol")
        }
        var symbols: [String: [String]] = [:]
        for row in rows.dropFirst() {
            guard row.count > max(venue, symbol) else {
                throw UsageError(
                    sentence: "--instruments: \(instruments) has a short row: \(row.joined(separator: ","))"
                )
            }
            let exchange = row[venue] == "binance-spot" ? "binance" : String(row[venue])
            symbols[exchange, default: []].append(String(row[symbol]).replacing("/", with: "-").uppercased())
        }
        return symbols
    }
}

import Host
public import FleetModel
public import Console

/// The instruments that the kit knows, in the order of their file.
public struct InstrumentRegistry: Sendable, Equatable {
    /// All instruments, no two of the same venue and symbol.
    public let instruments: [Instrument]

    /// Reads CSV text with a header that has the columns venue, symbol and kind, in any order. `path` is for errors, which
    /// are `RegistryError` and name the line.
    public init(csv: String, path: String) throws {
        var lines = csv.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(String.init)
        while lines.last == "" { lines.removeLast() }
        guard let header = lines.first else { throw RegistryError(path, 1, "the file is empty") }
        let names = Self.cells(header)
        let columns = try ["venue", "symbol", "kind"].map { name in
            guard let index = names.firstIndex(of: name) else {
                throw RegistryError(path, 1, "the header has no column \(name)")
            }
            return index
        }
        var instruments: [Instrument] = []
        var lineOf: [String: Int] = [:]
        for (number, line) in zip(2..., lines.dropFirst()) {
            let cells = Self.cells(line)
            guard cells.count == names.count else {
                throw RegistryError(path, number, "\(cells.count) cells where the header has \(names.count)")
            }
            let instrument = try Self.instrument(columns.map { cells[$0] }, path, number)
            if let earlier = lineOf.updateValue(number, forKey: instrument.description) {
                throw RegistryError(path, number, "\(instrument) is in line \(earlier) already")
            }
            instruments.append(instrument)
        }
        guard !instruments.isEmpty else { throw RegistryError(path, 1, "no instrument follows the header") }
        self.instruments = instruments
    }

    /// The registry that the settings name, or `orchestration/instruments.csv`.
    public static func load(_ arguments: ParsedArguments, _ context: ToolContext) throws -> InstrumentRegistry {
        let named = arguments.string(SharedOptions.instrumentsFile.name).map(context.absolute)
        guard let path = named ?? SettingsSources.orchestrationFile("instruments.csv", context) else {
            let places = SettingsSources.orchestrationFolders(context).joined(separator: ", ")
            throw arguments.error(
                "instruments.csv was not found in \(places): give --instruments FILE or set ORCHESTRATION_DIR"
            )
        }
        do {
            return try InstrumentRegistry(csv: context.files.text(path), path: path)
        } catch let error as FileError {
            throw arguments.error("the instrument registry cannot be used: \(error)")
        }
    }

    private static func cells(_ line: String) -> [String] {
        line.split(separator: ",", omittingEmptySubsequences: false).map { cell in
            String(cell.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }
    }

    private static func instrument(_ cells: [String], _ path: String, _ line: Int) throws -> Instrument {
        guard let venue = Venue(rawValue: cells[0]) else {
            let known = Venue.allCases.map(\.rawValue)
            throw RegistryError(path, line, "unknown venue \"\(cells[0])\"" + suggestion(for: cells[0], among: known))
        }
        guard !cells[1].isEmpty else { throw RegistryError(path, line, "the symbol is empty") }
        guard let kind = InstrumentKind(rawValue: cells[2]) else {
            throw RegistryError(path, line, "unknown kind \"\(cells[2])\": spot and perpetual are known")
        }
        return Instrument(venue: venue, symbol: cells[1], kind: kind)
    }
}

/// A registry file that cannot be used.
public struct RegistryError: Error, Sendable, Equatable, CustomStringConvertible {
    public let path: String
    /// The line, 1-based.
    public let line: Int
    public let reason: String

    public init(_ path: String, _ line: Int, _ reason: String) {
        self.path = path
        self.line = line
        self.reason = reason
    }

    public var description: String { "\(path), line \(line): \(reason)" }
}

extension RegistryError: ExitStatusProviding {
    /// Always `usage`.
    public var exitStatus: ExitStatus { .usage }
}

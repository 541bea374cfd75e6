/// What makes two plans the same: instruments with their types, in their order, and the number of shards. Eight hexadecimal digits that
/// are the same on every machine, in every version, and for every date.
public struct PlanID: Sendable, Hashable, CustomStringConvertible {
    public let description: String

    /// Reads an id; nil when it is none.
    public init?(_ text: String) {
        guard text.utf8.count == 8, text.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else { return nil }
        description = text
    }

    public init(_ instruments: [Instrument], shards: Int) {
        let lines = instruments.map(\.line) + ["\(shards)"]
        description = StableHash.hex(lines.joined(separator: "\n"))
    }
}

extension Instrument {
    /// Whether a plan can have the symbol: on a line with others, each stays what it is.
    static func isSymbol(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 200
            && !text.unicodeScalars.contains { $0.value < 32 || (127..<160).contains($0.value) || $0 == "/" }
    }

    /// Its files of a date, for telling whether two are the same.
    var files: [String] {
        dataTypes.map { "\(venue.rawValue)/\(ObjectLayout.escaped(symbol))/\(kind.rawValue)/\($0.rawValue)" }
    }

    /// All of it on one line, as hashes take it.
    public var line: String {
        "\(venue.rawValue)/\(symbol)/\(kind.rawValue)/\(dataTypes.map(\.rawValue).joined(separator: ","))"
    }
}

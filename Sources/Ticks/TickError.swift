/// A source that is not a complete, well-formed tick file; it names the file and, for a bad row, line, column and text.
public struct TickError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong with the source.
    public enum Kind: Sendable, Equatable {
        /// It is something else: a web page, a JSON error, an unknown format.
        case notTicks
        /// The gzip stream ends early.
        case truncated
        /// The gzip stream is damaged: bad data, wrong CRC or length, something after its end.
        case corrupt
        /// A column that the type has is not there, or a name occurs twice.
        case header
        /// A row has too few or too many cells, or a cell that is not of its column's kind.
        case row
        /// The file has no header, and its type was not given.
        case unknownType
        /// The file could not be put together.
        case encoding
        /// The conversion was cancelled by its owner.
        case cancelled
    }

    public let kind: Kind
    public let description: String

    init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }

    /// How a source that is something else begins, as it may be shown: in quotes where it is text, otherwise the bytes.
    static func opening(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
        let line = UnsafeBufferPointer(rebasing: bytes.prefix { $0 != 0x0A && $0 != 0x0D })
        let isText = line.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 } && UTF8Check.firstBad(line) == nil
        guard !isText else { return "'\(excerpt(line))'" }
        return "the bytes "
            + bytes.prefix(8).map { ($0 < 0x10 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
    }

    /// Text of the source as it may be shown: cut, and without control characters.
    static func excerpt(_ bytes: some Sequence<UInt8>, limit: Int = 80) -> String {
        let shown = bytes.prefix(limit + 1)
        let text = String(decoding: shown.prefix(limit).map { $0 < 0x20 || $0 == 0x7F ? 0x20 : $0 }, as: UTF8.self)
        return Array(shown).count > limit ? text + "…" : text
    }
}

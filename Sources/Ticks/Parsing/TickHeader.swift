/// The first line of a tick file: the names of its columns.
struct TickHeader {
    private let source: String
    private let type: TickType?

    /// Columns cost memory each, whatever is in them. Tardis's widest files have 104.
    static let mostColumns = 1024
    /// The footer repeats a column's name in every row group.
    static let longestName = 255

    init(_ options: ConversionOptions) {
        source = options.source
        type = options.type
    }

    /// The names, which must be those of a tick file, of the given type if there is one; others may be among them.
    func names(in line: UnsafeBufferPointer<UInt8>, isPlainText: Bool) throws(TickError) -> [String] {
        var text = line[...]
        if text.starts(with: [0xEF, 0xBB, 0xBF]) { text = text.dropFirst(3) }
        if text.last == UInt8(ascii: "\r") { text = text.dropLast() }
        let names = text.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
        guard names.contains("exchange") || names.contains("local_timestamp") else {
            let note = isPlainText ? ", read as plain CSV, as it is not gzip" : ""
            throw TickError(
                .notTicks,
                "\(source): its first line is no header of a Tardis file\(note); it begins with \(TickError.opening(line))"
            )
        }
        if let bad = UTF8Check.firstBad(UnsafeBufferPointer(rebasing: text)) { throw notUTF8(text, at: bad) }
        guard names.count <= Self.mostColumns else {
            throw TickError(
                .header,
                "\(source): the header has \(names.count) columns; a tick file has at most \(Self.mostColumns)"
            )
        }
        if let long = names.first(where: { $0.utf8.count > Self.longestName }) {
            throw TickError(
                .header,
                "\(source): the header has a column whose name is \(long.utf8.count) bytes long: "
                    + "'\(TickError.excerpt(long.utf8))'"
            )
        }
        if let twice = names.first(where: { name in names.filter { $0 == name }.count > 1 }) {
            throw TickError(.header, "\(source): the header has column '\(TickError.excerpt(twice.utf8))' twice")
        }
        let wanted = type.map(\.header) ?? ["exchange", "symbol", "timestamp", "local_timestamp"]
        let missing = wanted.filter { !names.contains($0) }
        guard missing.isEmpty else {
            throw TickError(
                .header,
                "\(source): the header has no column \(missing.map { "'\($0)'" }.joined(separator: ", ")), "
                    + "which \(type?.rawValue ?? "every tick file") must have; it has: "
                    + TickError.excerpt(text, limit: 200)
            )
        }
        return names
    }

    /// The cell that byte `bad` of `text` lies in, and where in it.
    private func notUTF8(_ text: Slice<UnsafeBufferPointer<UInt8>>, at bad: Int) -> TickError {
        let before = text.prefix(bad)
        let column = before.count { $0 == UInt8(ascii: ",") } + 1
        let start = before.lastIndex(of: UInt8(ascii: ",")).map { $0 + 1 } ?? text.startIndex
        let cell = text[start...].prefix { $0 != UInt8(ascii: ",") }
        return TickError(
            .header,
            "\(source), line 1, column \(column): '\(TickError.excerpt(cell))' "
                + UTF8Check.complaint(cell, at: text.startIndex + bad - start)
        )
    }
}

import Text

/// A table of text: columns two blanks apart, no rules, so that it can be read by people and cut by tools.
public struct TextTable: Sendable {
    public struct Column: Sendable {
        public var title: String
        /// Whether cells stand at the right edge, as numbers should.
        public var alignRight: Bool
        /// The width in columns below which it is not cut on a narrow terminal; nil never cuts it.
        public var shrinksTo: Int?

        /// A column that aligns left and is never cut unless said otherwise.
        public init(_ title: String, alignRight: Bool = false, shrinksTo: Int? = nil) {
            self.title = title
            self.alignRight = alignRight
            self.shrinksTo = shrinksTo
        }
    }

    public struct Cell: Sendable, ExpressibleByStringLiteral {
        /// The text; control characters are shown as `?`.
        public var text: String
        /// How it looks where colour is on.
        public var style: TextStyle

        public init(_ text: String, _ style: TextStyle = .plain) {
            self.text = printable(text)
            self.style = style
        }

        public init(stringLiteral value: String) {
            self.init(value)
        }
    }

    private let columns: [Column]
    private var rows: [[Cell]] = []

    public init(_ columns: [Column]) {
        self.columns = columns
    }

    /// Adds a row; missing cells are empty, surplus ones are dropped.
    public mutating func add(_ cells: [Cell]) {
        let missing = max(0, columns.count - cells.count)
        rows.append(cells.prefix(columns.count) + Array(repeating: Cell(""), count: missing))
    }

    /// The table, a heading line first, each line ending in a line feed. With a width, columns that may shrink are cut
    /// until the lines fit; without one (not a terminal) nothing is cut.
    public func render(width: Int?, color: Bool = false) -> String {
        let widths = columnWidths(limit: width)
        var text = ""
        for row in [columns.map { Cell($0.title, .bold) }] + rows {
            var line = ""
            for (index, cell) in row.enumerated() {
                let column = columns[index]
                let cut = truncated(cell.text, to: widths[index])
                let styled = cell.style.apply(cut, color: color)
                let blanks = String(repeating: " ", count: max(0, widths[index] - displayWidth(cut)))
                if index > 0 { line += "  " }
                line += column.alignRight ? blanks + styled : styled + (index == columns.count - 1 ? "" : blanks)
            }
            // Empty last cells must not leave blanks at the line's end.
            while line.last == " " { line.removeLast() }
            text += line + "\n"
        }
        return text
    }

    private func columnWidths(limit: Int?) -> [Int] {
        var widths = columns.indices.map { index in
            rows.reduce(displayWidth(columns[index].title)) { max($0, displayWidth($1[index].text)) }
        }
        guard let limit else { return widths }
        var surplus = widths.reduce(0, +) + 2 * max(0, columns.count - 1) - limit
        while surplus > 0 {
            let candidates = columns.indices.filter { widths[$0] > columns[$0].shrinksTo ?? Int.max }
            guard let widest = candidates.max(by: { widths[$0] < widths[$1] }) else { break }
            widths[widest] -= 1
            surplus -= 1
        }
        return widths
    }
}

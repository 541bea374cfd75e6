import Text

/// The text as `TextSink.write` writes it: lines and the codes of `TextStyle` stay, tabs become blanks, and all else is as
/// `printable` makes it.
public func printableLines(_ text: String) -> String {
    guard !text.isPlainASCII(lineFeeds: true) else { return text }
    var shown = String.UnicodeScalarView()
    var rest = text.unicodeScalars[...]
    while let scalar = rest.first {
        if scalar == "\u{1B}", let code = TextStyle.codes.first(where: { rest.starts(with: $0.unicodeScalars) }) {
            shown.append(contentsOf: code.unicodeScalars)
            rest = rest.dropFirst(code.unicodeScalars.count)
            continue
        }
        rest = rest.dropFirst()
        switch scalar {
        case "\n": shown.append(scalar)
        case "\t": shown.append(" ")
        case "\r" where rest.first == "\n": break
        default: shown.append(scalar.isPrintable ? scalar : "?")
        }
    }
    return String(shown)
}

/// The text as one line that is safe to show: `?` for each character that a terminal would act on, that would change the order
/// in which the others are shown, or that nobody would see. Text of servers, files and buckets passes through here.
public func printable(_ text: String) -> String {
    guard !text.isPlainASCII(lineFeeds: false) else { return text }
    var shown = String.UnicodeScalarView()
    for scalar in text.unicodeScalars { shown.append(scalar.isPrintable ? scalar : "?") }
    return String(shown)
}

extension String {
    /// Whether there is nothing but printable ASCII: nearly always, and quick to find.
    public func isPlainASCII(lineFeeds: Bool) -> Bool {
        var text = self
        return text.withUTF8 { bytes in
            bytes.allSatisfy { $0 >= 0x20 && $0 < 0x7F || lineFeeds && $0 == 0x0A }
        }
    }
}

extension Unicode.Scalar {
    /// Whether it may be shown: no control character (C0, DEL, C1), no line or paragraph separator, nothing that changes the
    /// direction of text, nothing invisible but the joiners that scripts and emoji need.
    public var isPrintable: Bool {
        if value < 0x7F { return value >= 0x20 }
        if value < 0xA0 { return false }
        switch properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: return false
        case .format: return self == "\u{200C}" || self == "\u{200D}" || !properties.isDefaultIgnorableCodePoint
        default: return !properties.isNoncharacterCodePoint
        }
    }
}

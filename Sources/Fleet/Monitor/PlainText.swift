/// Text of a machine's console made fit for any reader: no escape sequences, no control characters but tabs and line ends.
struct PlainText: Sendable {
    private enum State {
        case text
        case escape
        case sequence
        case title
    }
    private var state = State.text

    /// A filter at the beginning of a text; sequences may be cut between two pieces.
    init() {}

    /// The next piece, cleaned.
    mutating func clean(_ piece: String) -> String {
        var kept = String.UnicodeScalarView()
        for scalar in piece.unicodeScalars { take(scalar, &kept) }
        return String(kept)
    }

    private mutating func take(_ scalar: Unicode.Scalar, _ kept: inout String.UnicodeScalarView) {
        switch state {
        case .text:
            if scalar == "\u{1B}" {
                state = .escape
            } else if scalar == "\n" || scalar == "\t" || scalar.properties.generalCategory != .control {
                kept.append(scalar)
            }
        case .escape: state = scalar == "[" ? .sequence : scalar == "]" ? .title : .text
        case .sequence: if (0x40...0x7E).contains(scalar.value) { state = .text }
        case .title:
            // It ends with BEL, or with ESC and a backslash.
            if scalar == "\u{07}" { state = .text } else if scalar == "\u{1B}" { state = .escape }
        }
    }
}

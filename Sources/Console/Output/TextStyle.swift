import Text

/// How a piece of text looks where colour is on.
public enum TextStyle: Sendable {
    case plain
    case bold
    case dim
    case red
    case green
    case yellow
    /// For what is under way.
    case cyan

    private static let reset = "\u{1B}[0m"

    /// All escape sequences that text may hold on its way to a terminal.
    static let codes = [reset] + [bold, dim, red, green, yellow, cyan].compactMap(\.code)

    private var code: String? {
        switch self {
        case .plain: nil
        case .bold: "\u{1B}[1m"
        case .dim: "\u{1B}[2m"
        case .red: "\u{1B}[31m"
        case .green: "\u{1B}[32m"
        case .yellow: "\u{1B}[33m"
        case .cyan: "\u{1B}[36m"
        }
    }

    /// The text, made `printable`, with this style's escape sequences where `color` is on.
    public func apply(_ text: String, color: Bool) -> String {
        let text = printable(text)
        guard color, !text.isEmpty, let code else { return text }
        return code + text + Self.reset
    }
}

/// How a piece of text looks where colour is on.
public enum TextStyle: Sendable {
    /// As it is.
    case plain
    /// Heavier.
    case bold
    /// Fainter.
    case dim
    /// For failures.
    case red
    /// For success.
    case green
    /// For warnings.
    case yellow
    /// For what is under way.
    case cyan

    /// The text with this style's escape sequences, or unchanged when `color` is off.
    public func apply(_ text: String, color: Bool) -> String {
        let code: String
        switch self {
        case .plain: return text
        case .bold: code = "1"
        case .dim: code = "2"
        case .red: code = "31"
        case .green: code = "32"
        case .yellow: code = "33"
        case .cyan: code = "36"
        }
        return color && !text.isEmpty ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}

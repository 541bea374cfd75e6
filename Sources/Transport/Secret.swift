/// A text that must not be shown: tokens, keys. Every description of it is redacted; only `reveal` gives it away.
public struct Secret: Sendable, Equatable {
    private let text: String

    public init(_ text: String) {
        self.text = text
    }

    /// The text itself, for the place that sends or signs with it.
    public func reveal() -> String { text }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Always `<redacted>`.
    public var description: String { "<redacted>" }
    /// Always `<redacted>`.
    public var debugDescription: String { description }
    /// No children: `dump` would show private fields otherwise.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

public import Text

extension JSONValue {
    public static func integer(_ value: Int) -> JSONValue { .int(Int64(value)) }

    /// A whole number, also when it travels as a string, as Google's 64-bit numbers do.
    public var integer: Int? { int.map(Int.init) ?? string.flatMap { Int($0) } }
}

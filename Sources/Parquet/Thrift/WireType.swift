/// The type nibble of a field or list element in Thrift's compact protocol.
enum WireType: UInt8 {
    /// A field's value itself; as a list's element type, any boolean.
    case booleanTrue = 1
    case booleanFalse = 2
    case int8 = 3
    case int16 = 4
    case int32 = 5
    case int64 = 6
    case double = 7
    case binary = 8
    case list = 9
    case set = 10
    case structure = 12
}

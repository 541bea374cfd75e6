import Console
import FleetModel

/// A small generator whose seed a failing test prints.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// A date that tests know to exist.
func date(_ text: String) throws -> CalendarDate {
    guard let date = CalendarDate(text) else { throw UsageError("bad test date \(text)") }
    return date
}

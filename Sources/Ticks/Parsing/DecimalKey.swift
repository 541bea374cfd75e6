internal import CTicks

/// A number's characters as 64 bits: up to 16 of them as nibbles (`tick_kernels.keys`), or the bits of a double that has more.
/// Equal keys are equal numbers, so a number is worked out once for each key in a dictionary.
enum DecimalKey {
    static let null = UInt64(TICK_KEY_NULL)
    static let slow = UInt64(TICK_KEY_SLOW)

    /// The key of a double that is not written as up to 16 digits: its bits, with a first nibble that no characters have. Nil
    /// beyond 2^±512.
    static func key(ofDouble bits: UInt64) -> UInt64? {
        let first: UInt64
        switch bits >> 60 {
        case 0x3: first = 0xA
        case 0x4: first = 0xB
        case 0xB: first = 0xC
        case 0xC: first = 0xF
        // "0" and "-000000000000000".
        case 0x0 where bits == 0: return 0
        case 0x8 where bits << 1 == 0: return 0xD << 60
        default: return nil
        }
        return bits & ~(0xF << 60) | first << 60
    }

    /// The bits of the double that a key means: those that `strtod` gives. Nil when its characters are no number.
    @inline(__always)
    static func double(_ key: UInt64) -> UInt64? {
        let marks = marks(key)
        if marks == 0 { return Double(number(key)).bitPattern }
        let first = key &>> 60
        if first > 9, first != 0xD, first != 0xE { return wideDouble(key, first) }
        guard let parts = parts(key, marks) else { return nil }
        // At most 15 digits beside a dot or a minus: exact, and so is the power. One division rounds once.
        let value = Double(number(parts.digits)) / tick_power_of_ten(Int32(truncatingIfNeeded: parts.scale))
        return value.bitPattern | (parts.isNegative ? 1 &<< 63 : 0)
    }

    /// The integer that a key means; nil when its characters are none.
    @inline(__always)
    static func integer(_ key: UInt64) -> UInt64? {
        let marks = marks(key)
        if marks == 0 { return number(key) }
        guard let parts = parts(key, marks), !parts.hasDot else { return nil }
        return parts.isNegative ? 0 &- number(parts.digits) : number(parts.digits)
    }

    private static func wideDouble(_ key: UInt64, _ first: UInt64) -> UInt64 {
        let original: UInt64 =
            switch first {
            case 0xA: 0x3
            case 0xB: 0x4
            case 0xC: 0xB
            default: 0xC
            }
        return key & ~(0xF << 60) | original << 60
    }

    /// A bit for each nibble that is no digit, at the nibble's place.
    @inline(__always)
    private static func marks(_ key: UInt64) -> UInt64 {
        (key &>> 3) & (key &>> 2 | key &>> 1) & 0x1111_1111_1111_1111
    }

    /// A number of sixteen nibbles, the lowest of which is the last digit.
    @inline(__always)
    private static func number(_ nibbles: UInt64) -> UInt64 {
        let bytes = (nibbles & 0x0F0F_0F0F_0F0F_0F0F) &+ ((nibbles &>> 4) & 0x0F0F_0F0F_0F0F_0F0F) &* 10
        let pairs = (bytes & 0x00FF_00FF_00FF_00FF) &+ ((bytes &>> 8) & 0x00FF_00FF_00FF_00FF) &* 100
        let fours = (pairs & 0x0000_FFFF_0000_FFFF) &+ ((pairs &>> 16) & 0x0000_FFFF_0000_FFFF) &* 10_000
        return (fours & 0xFFFF_FFFF) &+ (fours &>> 32) &* 100_000_000
    }

    private struct Parts {
        var digits: UInt64
        /// Digits behind the dot.
        var scale: UInt64 = 0
        var hasDot = false
        var isNegative = false
    }

    /// Takes one dot and a minus in front out of a key; nil when there is something else, or no digit.
    @inline(__always)
    private static func parts(_ key: UInt64, _ marks: UInt64) -> Parts? {
        var parts = Parts(digits: key)
        var length: UInt64 = 0
        var rest = marks
        let lowest = UInt64(truncatingIfNeeded: marks.trailingZeroBitCount)
        if (key &>> lowest) & 0xF == 0xE {
            rest &= rest &- 1
            parts.hasDot = true
            parts.scale = lowest &>> 2
        }
        if rest != 0 {
            let place = UInt64(truncatingIfNeeded: rest.trailingZeroBitCount)
            length = place &>> 2
            guard key &>> place == 0xD, length > (parts.hasDot ? 1 : 0) else { return nil }
            parts.isNegative = true
            parts.digits &= (1 &<< place) &- 1
        }
        if parts.hasDot {
            let below = parts.digits & ((1 &<< lowest) &- 1)
            parts.digits = ((parts.digits &>> 4) &>> lowest) &<< lowest | below
        }
        return parts
    }
}

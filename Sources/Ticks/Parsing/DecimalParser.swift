internal import CShims
internal import Glibc

/// Reads decimal numbers from text, correctly rounded: the bits that `strtod` gives.
///
/// Up to 16 characters are read as two words that end at the cell's end: the dot is squeezed out, the digits are checked and
/// summed eight at a time, and one division by an exact power of ten rounds once. Everything else takes the slow way.
enum DecimalParser {
    private static let zeros: UInt64 = 0x3030_3030_3030_3030
    private static let dots: UInt64 = 0x2E2E_2E2E_2E2E_2E2E
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let tops: UInt64 = 0x8080_8080_8080_8080

    /// The last 16 characters of a cell, right-aligned and filled with '0' on the left: equal words mean equal numbers.
    struct Words: Equatable {
        var high: UInt64
        var low: UInt64

        static let none = Words(high: 0, low: 0)
    }

    /// The words of a cell of 1 to 16 characters that ends at `end`; 16 bytes before `end` are readable.
    @inline(__always)
    static func words(_ end: UnsafePointer<UInt8>, _ length: Int) -> Words {
        let all = UInt64.max
        if length <= 8 {
            let keep: UInt64 = all &<< UInt64(truncatingIfNeeded: 64 &- 8 &* length)
            return Words(high: (tick_load64(end - 8) & keep) | (zeros & ~keep), low: zeros)
        }
        let keep: UInt64 = all &<< UInt64(truncatingIfNeeded: 128 &- 8 &* length)
        return Words(high: tick_load64(end - 8), low: (tick_load64(end - 16) & keep) | (zeros & ~keep))
    }

    /// The unsigned number of plain digits and at most one dot, nil when it is anything else or needs more care.
    @inline(__always)
    static func fast(_ words: Words, _ length: Int) -> Double? {
        var high = words.high
        var low = words.low
        var scale = 0
        let dotHigh = zeroByte(high ^ dots)
        let dotLow = zeroByte(low ^ dots)
        if dotLow != 0 {
            let bits = UInt64(truncatingIfNeeded: dotLow.trailingZeroBitCount & ~7)
            scale = 15 &- Int(truncatingIfNeeded: bits >> 3)
            low = withoutByte(low, at: bits, carryIn: 0x30)
        } else if dotHigh != 0 {
            let bits = UInt64(truncatingIfNeeded: dotHigh.trailingZeroBitCount & ~7)
            scale = 7 &- Int(truncatingIfNeeded: bits >> 3)
            high = withoutByte(high, at: bits, carryIn: low >> 56)
            low = (low &<< 8) | 0x30
            if length == 1 { return nil }
        }
        guard isDigits(high), isDigits(low) else { return nil }
        let digits = eight(low) &* 100_000_000 &+ eight(high)
        guard digits <= exactLimit else { return nil }
        return Double(digits) / powerOfTen(scale)
    }

    /// A number with an optional minus sign; as `fast` otherwise.
    @inline(__always)
    static func fastSigned(_ end: UnsafePointer<UInt8>, _ words: Words, _ length: Int) -> Double? {
        if end[-length] == UInt8(ascii: "-"), length > 1 {
            return fast(Self.words(end, length &- 1), length &- 1).map { -$0 }
        }
        return fast(words, length)
    }

    /// Doubles hold every integer up to here.
    private static let exactLimit: UInt64 = 1 << 53

    /// The word with the byte at bit `bits` taken out: those below it move up, and `carryIn` fills the lowest.
    @inline(__always)
    private static func withoutByte(_ word: UInt64, at bits: UInt64, carryIn: UInt64) -> UInt64 {
        let below: UInt64 = (1 &<< bits) &- 1
        let through: UInt64 = (below &<< 8) | 0xFF
        return (word & ~through) | ((word & below) &<< 8) | carryIn
    }

    /// The number of up to 16 digits and nothing else.
    @inline(__always)
    static func fastInteger(_ words: Words) -> UInt64? {
        guard isDigits(words.high), isDigits(words.low) else { return nil }
        return eight(words.low) &* 100_000_000 &+ eight(words.high)
    }

    /// Flags the lowest zero byte (higher flags may be wrong, which nobody looks at).
    @inline(__always)
    private static func zeroByte(_ word: UInt64) -> UInt64 { (word &- ones) & ~word & tops }

    @inline(__always)
    private static func isDigits(_ word: UInt64) -> Bool {
        ((word &+ 0x4646_4646_4646_4646) | (word &- zeros)) & tops == 0
    }

    /// Eight digits, the first in the lowest byte.
    @inline(__always)
    private static func eight(_ word: UInt64) -> UInt64 {
        var sum = ((word & 0x0F0F_0F0F_0F0F_0F0F) &* 2561) >> 8
        sum = ((sum & 0x00FF_00FF_00FF_00FF) &* 6_553_601) >> 16
        return ((sum & 0x0000_FFFF_0000_FFFF) &* 42_949_672_960_001) >> 32
    }

    /// 10 to the power of 0 to 22: the powers that a double holds exactly.
    @inline(__always)
    private static func powerOfTen(_ exponent: Int) -> Double {
        powers.withUnsafeBufferPointer { $0[exponent] }
    }

    private static let powers: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20,
        1e21, 1e22,
    ]

    // MARK: The slow way

    /// Any decimal number: sign, digits, dot, exponent. Nil when the text is none, or is beyond a double's range.
    @inline(never)
    static func slow(_ text: UnsafeBufferPointer<UInt8>) -> Double? {
        var i = 0
        let isNegative = text.first == UInt8(ascii: "-")
        if isNegative { i = 1 }
        var digits: UInt64 = 0
        var significant = 0
        var scale = 0
        var seen = 0
        var hasDot = false
        while i < text.count {
            let byte = text[i]
            if byte == UInt8(ascii: "."), !hasDot {
                hasDot = true
            } else if byte >= 0x30, byte <= 0x39 {
                seen += 1
                if significant > 0 || byte > 0x30 { significant += 1 }
                if significant <= 19 { digits = digits * 10 + UInt64(byte - 0x30) }
                if hasDot { scale -= 1 }
            } else {
                break
            }
            i += 1
        }
        guard seen > 0 else { return nil }
        if i < text.count {
            guard text[i] | 0x20 == UInt8(ascii: "e"), let exponent = exponent(text[(i + 1)...]) else { return nil }
            scale += exponent
        }
        if significant <= 19, digits <= exactLimit, abs(scale) <= 22 {
            let value = scale < 0 ? Double(digits) / powers[-scale] : Double(digits) * powers[scale]
            return isNegative ? -value : value
        }
        let value = withUnsafeTemporaryAllocation(of: CChar.self, capacity: text.count + 1) { copy in
            for k in 0..<text.count { copy[k] = CChar(bitPattern: text[k]) }
            copy[text.count] = 0
            return copy.baseAddress.map { strtod($0, nil) } ?? .nan
        }
        return value.isFinite ? value : nil
    }

    private static func exponent(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> Int? {
        var rest = text
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
        guard !rest.isEmpty else { return nil }
        var value = 0
        for byte in rest {
            guard byte >= 0x30, byte <= 0x39 else { return nil }
            // Beyond any double; further digits change nothing.
            if value < 100_000 { value = value * 10 + Int(byte - 0x30) }
        }
        return isNegative ? -value : value
    }

    /// Any 64-bit integer, nil when the text is none or it is out of range.
    @inline(never)
    static func slowInteger(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
        let isNegative = text.first == UInt8(ascii: "-")
        let digits = text.dropFirst(isNegative ? 1 : 0)
        guard !digits.isEmpty else { return nil }
        var value: Int64 = 0
        for byte in digits {
            guard byte >= 0x30, byte <= 0x39 else { return nil }
            let digit = Int64(byte - 0x30)
            let (scaled, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = scaled.subtractingReportingOverflow(digit)
            guard !overflow, !carry else { return nil }
            value = sum
        }
        // Summed below zero, where there is room for one more.
        if isNegative { return value }
        let (positive, overflow) = (0 as Int64).subtractingReportingOverflow(value)
        return overflow ? nil : positive
    }
}

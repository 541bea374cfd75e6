internal import CTicks
internal import Glibc

/// Reads any decimal number from text, correctly rounded: the bits that `strtod` gives. Most cells are read as a `DecimalKey`.
enum DecimalParser {
    /// Doubles hold every integer up to here.
    private static let exactLimit: UInt64 = 1 << 53

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
            let power = tick_power_of_ten(Int32(abs(scale)))
            let value = scale < 0 ? Double(digits) / power : Double(digits) * power
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

internal import CShims

/// Whether bytes are UTF-8 as Unicode defines it (table 3-7): no surrogates, no overlong forms, nothing beyond U+10FFFF.
enum UTF8Check {
    /// The offset of the first byte that is not part of a well-formed character; nil when all are. Takes eight ASCII bytes at a step.
    static func firstBad(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        var i = 0
        while i < bytes.count {
            if bytes[i] < 0x80 {
                if i + 8 <= bytes.count, let base = bytes.baseAddress,
                    tick_load64(base + i) & 0x8080_8080_8080_8080 == 0
                {
                    i += 8
                } else {
                    i += 1
                }
                continue
            }
            guard let length = length(bytes, i) else { return i }
            i += length
        }
        return nil
    }

    /// How many bytes the character that begins at `i` has; nil when none does. Only the second byte's range depends on the
    /// first: that is where overlong forms, surrogates and the upper end are told.
    private static func length(_ bytes: UnsafeBufferPointer<UInt8>, _ i: Int) -> Int? {
        let second: ClosedRange<UInt8>
        let length: Int
        switch bytes[i] {
        case 0xC2...0xDF: (second, length) = (0x80...0xBF, 2)
        case 0xE0: (second, length) = (0xA0...0xBF, 3)
        case 0xED: (second, length) = (0x80...0x9F, 3)
        case 0xE1...0xEF: (second, length) = (0x80...0xBF, 3)
        case 0xF0: (second, length) = (0x90...0xBF, 4)
        case 0xF1...0xF3: (second, length) = (0x80...0xBF, 4)
        case 0xF4: (second, length) = (0x80...0x8F, 4)
        default: return nil
        }
        guard i + length <= bytes.count, second.contains(bytes[i + 1]) else { return nil }
        for k in 2..<max(2, length) where bytes[i + k] & 0xC0 != 0x80 { return nil }
        return length
    }

    /// What is wrong with a cell whose byte at `offset` is bad.
    static func complaint(_ cell: some Collection<UInt8>, at offset: Int) -> String {
        let byte = cell[cell.index(cell.startIndex, offsetBy: offset)]
        let digits = String(byte, radix: 16)
        return "is not UTF-8: its byte at offset \(offset) is 0x\(digits)"
    }
}

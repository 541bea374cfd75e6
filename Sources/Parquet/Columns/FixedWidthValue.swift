/// A value of 64 bits that can be a column: its bits, and its order for statistics.
protocol FixedWidthValue: Comparable, BitwiseCopyable {
    /// The encoding when no dictionary is used.
    static var rawEncoding: Encoding { get }
    init(word: UInt64)
    /// PLAIN bytes as a bound that holds: for doubles, zeros take the sign that keeps it true.
    func boundBytes(isMinimum: Bool) -> [UInt8]
}

extension Int64: FixedWidthValue {
    static var rawEncoding: Encoding { .deltaBinaryPacked }
    init(word: UInt64) { self = Int64(bitPattern: word) }
    func boundBytes(isMinimum: Bool) -> [UInt8] { littleEndianBytes(UInt64(bitPattern: self)) }
}

extension Double: FixedWidthValue {
    static var rawEncoding: Encoding { .plain }
    init(word: UInt64) { self = Double(bitPattern: word) }
    func boundBytes(isMinimum: Bool) -> [UInt8] {
        littleEndianBytes(self == 0 ? (isMinimum ? -0.0 : 0.0 as Double).bitPattern : bitPattern)
    }
}

private func littleEndianBytes(_ word: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) }
}

/// The name of one change, by which Google knows the same request when it comes again: a UUID of version 4 (RFC 9562).
public struct RequestID: Sendable, Hashable {
    /// The UUID, in lower case.
    public let text: String

    public init(random: () -> UInt64) {
        var high = random()
        var low = random()
        // Version and variant; they also keep it from being the all-zero UUID, which Google refuses.
        high = high & ~0xF000 | 0x4000
        low = low & ~(0b11 << 62) | 0b10 << 62
        let digits = Array(Self.hex(high) + Self.hex(low))
        text = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(digits[$0]) }.joined(separator: "-")
    }

    private static func hex(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

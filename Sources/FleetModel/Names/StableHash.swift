/// A hash that is the same on every machine, in every process and version: FNV-1a of 64 bits, folded to 32.
public enum StableHash {
    /// Eight hexadecimal digits.
    public static func hex(_ text: String) -> String {
        let wide = text.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        let digits = String(UInt32(truncatingIfNeeded: wide ^ (wide >> 32)), radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}

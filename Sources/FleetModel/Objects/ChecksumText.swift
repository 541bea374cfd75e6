import FoundationEssentials

/// A CRC-32C as Cloud Storage writes it: base64 of its four bytes, the highest first.
enum ChecksumText {
    static func encoded(_ value: UInt32) -> String {
        withUnsafeBytes(of: value.bigEndian) { Data($0).base64EncodedString() }
    }

    /// Nil when it is malformed.
    static func value(_ text: String) -> UInt32? {
        guard let bytes = Data(base64Encoded: text), bytes.count == 4 else { return nil }
        return bytes.reduce(0) { $0 << 8 | UInt32($1) }
    }
}

import CISAL

/// A running CRC-32C (Castagnoli), the checksum of Google Cloud Storage, at memory speed by ISA-L.
public struct CRC32C: Sendable, Equatable {
    /// ISA-L leaves both inversions of the standard to its caller.
    private var register: UInt32 = .max

    public init() {}

    /// Takes more bytes.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes
        while let start = rest.baseAddress, !rest.isEmpty {
            // The length is a C int.
            let count = min(rest.count, 1 << 30)
            let pointer = UnsafeMutableRawPointer(mutating: start).assumingMemoryBound(to: UInt8.self)
            register = crc32_iscsi(pointer, Int32(count), register)
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    /// Takes more bytes.
    public mutating func update(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { update($0) }
    }

    /// Takes more bytes.
    public mutating func update(_ bytes: ArraySlice<UInt8>) {
        bytes.withUnsafeBytes { update($0) }
    }

    /// The checksum so far; 0xE3069283 for the text `123456789`.
    public var value: UInt32 { ~register }

    /// The checksum of these bytes.
    public static func of(_ bytes: [UInt8]) -> UInt32 {
        var crc = CRC32C()
        crc.update(bytes)
        return crc.value
    }

    /// The form that Google uses in JSON and headers: base64 of the four bytes, highest first.
    public static func base64(_ value: UInt32) -> String {
        Base64.encode((0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) })
    }

    /// Reads Google's form; nil when it is malformed.
    public static func value(base64 text: String) -> UInt32? {
        guard let bytes = Base64.decode(text), bytes.count == 4 else { return nil }
        return bytes.reduce(0) { $0 << 8 | UInt32($1) }
    }
}

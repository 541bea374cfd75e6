import CISAL
import CLibcrypto
import FoundationEssentials

/// Checksums as Cloud Storage writes them.
struct FileDigests: Sendable, Equatable {
    let size: Int
    let crc32c: String
    let md5: String

    /// Reads a file once.
    init(of file: OpenFile) throws {
        var crc: UInt32 = ~0
        let md5 = try MessageDigest(.md5)
        var offset = 0
        while case let piece = try file.read(at: offset, count: 1 << 20), !piece.isEmpty {
            crc = updateCRC32C(crc, piece)
            md5.update(piece)
            offset += piece.count
        }
        size = offset
        crc32c = Self.text(ofCRC: ~crc)
        self.md5 = base64(md5.finish())
    }

    private static func text(ofCRC crc: UInt32) -> String {
        base64(withUnsafeBytes(of: crc.bigEndian) { Array($0) })
    }
}

/// Continues a CRC-32C (Castagnoli); start with all ones and invert the end.
func updateCRC32C(_ crc: UInt32, _ bytes: [UInt8]) -> UInt32 {
    bytes.withUnsafeBufferPointer { crc32_iscsi(UnsafeMutablePointer(mutating: $0.baseAddress), Int32($0.count), crc) }
}

/// A running digest of libcrypto.
final class MessageDigest {
    enum Kind { case md5, sha256 }

    private let context: OpaquePointer

    init(_ kind: Kind) throws {
        guard let context = EVP_MD_CTX_new() else { throw SandboxError("cannot make a digest") }
        self.context = context
        EVP_DigestInit_ex(context, kind == .md5 ? EVP_md5() : EVP_sha256(), nil)
    }

    deinit { EVP_MD_CTX_free(context) }

    func update(_ bytes: [UInt8]) {
        EVP_DigestUpdate(context, bytes, bytes.count)
    }

    func finish() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 64)
        var count: UInt32 = 0
        EVP_DigestFinal_ex(context, &bytes, &count)
        return Array(bytes.prefix(Int(count)))
    }
}

/// The CRC-32C (Castagnoli) of bytes.
func crc32c(_ bytes: [UInt8]) -> UInt32 { ~updateCRC32C(~0, bytes) }

func base64(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }

/// The bytes of base64 text in either alphabet, with or without padding; nil when it is none.
func decodedBase64(_ text: String) -> [UInt8]? {
    var plain = text.replacing("-", with: "+").replacing("_", with: "/")
    while plain.hasSuffix("=") { plain.removeLast() }
    plain += String(repeating: "=", count: (4 - plain.utf8.count % 4) % 4)
    return Data(base64Encoded: plain).map { Array($0) }
}

func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

func sha256Hex(_ text: String) throws -> String {
    let digest = try MessageDigest(.sha256)
    digest.update(Array(text.utf8))
    return hex(digest.finish())
}

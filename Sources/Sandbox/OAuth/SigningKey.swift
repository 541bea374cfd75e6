import CLibcrypto

/// The RSA key pair of the sandbox's service account, made at its start: the private half for the key file of clients, the
/// public one to check their assertions.
final class SigningKey: @unchecked Sendable {
    // Unchecked: the key is written only in `init`; OpenSSL's later uses of it are safe from any thread.
    private let key: OpaquePointer
    /// What the key file and the header of an assertion call it.
    let id: String

    init() throws {
        guard let key = tick_evp_rsa_generate(2_048) else { throw SandboxError("cannot make an RSA key") }
        self.key = key
        let random = (0..<3).map { _ in hex(withUnsafeBytes(of: UInt64.random(in: 0...UInt64.max)) { Array($0) }) }
        id = String(random.joined().prefix(40))
    }

    deinit { EVP_PKEY_free(key) }

    /// The private key as PKCS #8 in PEM.
    func privatePEM() throws -> String {
        guard let memory = BIO_new(BIO_s_mem()) else { throw SandboxError("cannot write the RSA key") }
        defer { BIO_free(memory) }
        guard PEM_write_bio_PrivateKey(memory, key, nil, nil, 0, nil, nil) == 1 else {
            throw SandboxError("cannot write the RSA key")
        }
        var bytes = [UInt8](repeating: 0, count: 8_192)
        let count = BIO_read(memory, &bytes, Int32(bytes.count))
        return String(decoding: bytes.prefix(Int(max(0, count))), as: UTF8.self)
    }

    /// Signs as a client with the key file does.
    func sign(_ message: [UInt8]) throws -> [UInt8] {
        guard let context = EVP_MD_CTX_new() else { throw SandboxError("cannot sign") }
        defer { EVP_MD_CTX_free(context) }
        var signature = [UInt8](repeating: 0, count: Int(EVP_PKEY_get_size(key)))
        var count = signature.count
        guard EVP_DigestSignInit(context, nil, EVP_sha256(), nil, key) == 1,
            EVP_DigestSign(context, &signature, &count, message, message.count) == 1
        else { throw SandboxError("cannot sign") }
        return Array(signature.prefix(count))
    }

    /// Whether this key made the signature (RSASSA-PKCS1-v1_5 with SHA-256).
    func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        guard let context = EVP_MD_CTX_new() else { return false }
        defer {
            EVP_MD_CTX_free(context)
            ERR_clear_error()
        }
        guard EVP_DigestVerifyInit(context, nil, EVP_sha256(), nil, key) == 1 else { return false }
        return EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }
}

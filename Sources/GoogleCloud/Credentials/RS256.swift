import Transport
import CLibcrypto

/// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518, 3.3), by libcrypto.
enum RS256 {
    /// Signs `message` with a private key in PEM; nil when the key is no usable RSA key.
    static func sign(_ message: [UInt8], privateKey: Secret) -> [UInt8]? {
        guard let key = key(privateKey) else { return nil }
        defer { EVP_PKEY_free(key) }
        guard EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA, let context = EVP_MD_CTX_new() else { return nil }
        defer { EVP_MD_CTX_free(context) }

        guard EVP_DigestSignInit(context, nil, EVP_sha256(), nil, key) == 1 else { return nil }
        var length = 0
        guard EVP_DigestSign(context, nil, &length, message, message.count) == 1 else { return nil }
        var signature = [UInt8](repeating: 0, count: length)
        guard EVP_DigestSign(context, &signature, &length, message, message.count) == 1 else { return nil }
        return Array(signature.prefix(length))
    }

    /// Reads PEM; the caller frees the key.
    private static func key(_ pem: Secret) -> OpaquePointer? {
        // The BIO does not copy: the bytes must stand still until it has been read.
        Array(pem.reveal().utf8).withUnsafeBytes { bytes in
            guard let bio = BIO_new_mem_buf(bytes.baseAddress, Int32(bytes.count)) else { return nil }
            defer { BIO_free(bio) }
            // An empty passphrase: without one OpenSSL would ask on the terminal for an encrypted key's.
            var passphrase: [CChar] = [0]
            return PEM_read_bio_PrivateKey(bio, nil, nil, &passphrase)
        }
    }
}

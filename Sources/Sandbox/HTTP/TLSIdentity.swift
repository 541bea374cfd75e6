import CLibcrypto

/// A self-signed certificate for 127.0.0.1 and localhost, made when the sandbox starts and never stored with its key.
public final class TLSIdentity: @unchecked Sendable {
    // Unchecked: the OpenSSL context is written only in `init`; later uses (SSL_new) are safe from any thread.
    let context: OpaquePointer
    /// The certificate as PEM text, to be trusted by clients.
    public let certificatePEM: String

    /// Makes key and certificate, valid from yesterday for 30 days.
    public init() throws {
        guard let key = tick_evp_p256_generate() else { throw SandboxError("cannot make a TLS key") }
        defer { EVP_PKEY_free(key) }
        guard let certificate = X509_new() else { throw SandboxError("cannot make a certificate") }
        defer { X509_free(certificate) }
        X509_set_version(certificate, 2)
        ASN1_INTEGER_set(X509_get_serialNumber(certificate), Int.random(in: 1...Int.max))
        X509_gmtime_adj(X509_getm_notBefore(certificate), -86_400)
        X509_gmtime_adj(X509_getm_notAfter(certificate), 30 * 86_400)
        X509_set_pubkey(certificate, key)
        let name = X509_get_subject_name(certificate)
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, "127.0.0.1", -1, -1, 0)
        X509_set_issuer_name(certificate, name)
        var environment = X509V3_CTX()
        X509V3_set_ctx(&environment, certificate, certificate, nil, nil, 0)
        for (kind, text) in [
            (NID_subject_alt_name, "IP:127.0.0.1,DNS:localhost"), (NID_basic_constraints, "critical,CA:TRUE"),
            (NID_subject_key_identifier, "hash"),
        ] {
            guard let part = X509V3_EXT_conf_nid(nil, &environment, kind, text) else {
                throw SandboxError("cannot make the certificate's extensions")
            }
            X509_add_ext(certificate, part, -1)
            X509_EXTENSION_free(part)
        }
        guard X509_sign(certificate, key, EVP_sha256()) > 0, let context = SSL_CTX_new(TLS_server_method()) else {
            throw SandboxError("cannot sign the certificate")
        }
        self.context = context
        tick_ssl_ctx_set_modern(context)
        certificatePEM = Self.pem(of: certificate)
        guard SSL_CTX_use_certificate(context, certificate) == 1, SSL_CTX_use_PrivateKey(context, key) == 1 else {
            throw SandboxError("cannot use the certificate")
        }
    }

    deinit { SSL_CTX_free(context) }

    private static func pem(of certificate: OpaquePointer) -> String {
        guard let memory = BIO_new(BIO_s_mem()) else { return "" }
        defer { BIO_free(memory) }
        PEM_write_bio_X509(memory, certificate)
        var bytes = [UInt8](repeating: 0, count: 8_192)
        let count = BIO_read(memory, &bytes, Int32(bytes.count))
        return String(decoding: bytes.prefix(Int(max(0, count))), as: UTF8.self)
    }
}

// OpenSSL's libcrypto (RS256, digests) and, for the sandbox's https side only, libssl. Macros of OpenSSL get a function here.
#ifndef TICK_CLIBCRYPTO_SHIM_H
#define TICK_CLIBCRYPTO_SHIM_H

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

// libcurl with OpenSSL 3 can double-free when a thread is inside it while the process exits: OpenSSL must not register its
// own atexit handler. Call before curl_global_init.
static inline int tick_openssl_init_without_atexit(void) {
    return OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, 0);
}
static inline int tick_evp_digest_sign_update(EVP_MD_CTX *context, const void *data, size_t count) {
    return EVP_DigestSignUpdate(context, data, count);
}
static inline EVP_PKEY *tick_evp_rsa_generate(unsigned int bits) { return EVP_RSA_gen(bits); }
static inline EVP_PKEY *tick_evp_p256_generate(void) { return EVP_EC_gen("P-256"); }
static inline long tick_ssl_ctx_set_modern(SSL_CTX *context) {
    return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
}

#endif

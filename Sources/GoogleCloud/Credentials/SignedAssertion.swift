import Transport
import FoundationEssentials

/// The JWT by which a service account asks for a token (RFC 7523).
enum SignedAssertion {
    /// google-auth puts this into `aud` whatever `token_uri` the key file names.
    static let audience = "https://oauth2.googleapis.com/token"

    static func make(_ key: ServiceAccountKey, now: Int64) throws(CredentialError) -> Secret {
        struct Header: Encodable {
            let alg = "RS256"
            let typ = "JWT"
            let kid: String?
        }
        struct Claims: Encodable {
            let iss: String
            let scope = CredentialSources.scope
            let aud = SignedAssertion.audience
            let iat: Int64
            let exp: Int64
        }
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = .withoutEscapingSlashes
            let header = try encoder.encode(Header(kid: key.keyID))
            let claims = try encoder.encode(Claims(iss: key.email, iat: now, exp: now + 3600))
            let signed = base64URL(header) + "." + base64URL(claims)
            guard let signature = RS256.sign(Array(signed.utf8), privateKey: key.privateKey) else {
                throw CredentialError(
                    .malformed,
                    "the private key of \(key.email) is no RSA key in PEM; download the key file again"
                )
            }
            return Secret(signed + "." + base64URL(Data(signature)))
        } catch let error as CredentialError {
            throw error
        } catch {
            throw CredentialError(.malformed, "the key of \(key.email) cannot be written as JSON")
        }
    }

    /// Base64 for URLs, without padding (RFC 7515, 2).
    static func base64URL(_ bytes: Data) -> String {
        var text = ""
        for character in bytes.base64EncodedString() where character != "=" {
            text.append(character == "+" ? "-" : character == "/" ? "_" : character)
        }
        return text
    }
}

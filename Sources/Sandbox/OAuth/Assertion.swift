import Text

/// A service account's signed request for a token (RFC 7523), taken apart and checked.
struct Assertion {
    let issuer: String
    let scopes: [String]

    /// Where tokens are asked for, whatever address a key file names.
    static let audience = "https://oauth2.googleapis.com/token"
    /// How far a client's clock may be ahead, in seconds; one that is behind has the hour that an assertion lives.
    private static let skew = 300

    /// Throws a sentence that says what is wrong, in Google's words where they are known.
    init(_ text: String, key: SigningKey, audiences: [String], now: Int) throws(AssertionError) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, let header = Self.json(parts[0]), let claims = Self.json(parts[1]),
            let signature = decodedBase64(parts[2])
        else { throw AssertionError("Invalid JWT: Failed audience check.", isBreach: true) }
        guard header["alg"] == "RS256", header["typ"] == nil || header["typ"] == "JWT" else {
            throw AssertionError("Invalid JWT: only RS256 is offered.", isBreach: true)
        }
        guard header["kid"] == nil || header["kid"]?.string == key.id,
            key.verifies(signature, of: Array("\(parts[0]).\(parts[1])".utf8))
        else { throw AssertionError("Invalid JWT Signature.", isBreach: false) }
        guard let audience = claims["aud"]?.string, audiences.contains(audience) else {
            throw AssertionError("Invalid JWT: Failed audience check.", isBreach: true)
        }
        guard let issued = claims["iat"]?.integer, let expires = claims["exp"]?.integer, expires - issued <= 3_600,
            issued <= now + Self.skew, expires > now
        else {
            throw AssertionError(
                "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat "
                    + "and exp values in the JWT claim.",
                isBreach: false
            )
        }
        guard let scope = claims["scope"]?.string, !scope.isEmpty else {
            throw AssertionError("Invalid OAuth scope or ID token audience provided.", isBreach: true)
        }
        issuer = claims["iss"]?.string ?? ""
        scopes = scope.split(separator: " ").map(String.init)
    }

    private static func json(_ part: String) -> JSONValue? {
        decodedBase64(part).flatMap { try? JSONValue(parsing: $0) }
    }
}

/// What is wrong with an assertion.
struct AssertionError: Error {
    let sentence: String
    /// Whether no good client sends such a thing.
    let isBreach: Bool

    init(_ sentence: String, isBreach: Bool) {
        self.sentence = sentence
        self.isBreach = isBreach
    }
}

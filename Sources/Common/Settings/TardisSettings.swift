public import Console
public import Transport

/// Settings about Tardis that more than one tool reads.
public enum TardisSettings {
    /// The key of `TARDIS_API_KEY`; nil when it is not set. Throws `UsageError` for what no key can be.
    public static func key(_ arguments: ParsedArguments) throws -> Secret? {
        guard let key = arguments.variable(SharedOptions.tardisKey.name)?.values.last else { return nil }
        guard isKey(key) else { throw arguments.error("TARDIS_API_KEY \(noKey)") }
        return Secret(key)
    }

    /// Whether a key can be sent as it is.
    public static func isKey(_ text: String) -> Bool { text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } }
    /// What is said of a text that is no key, behind the name of where it stands.
    public static let noKey = "has a blank, a line end or another character that no key has"

    /// An address of Tardis, without the endings; `name` is the option's. Throws `UsageError`.
    public static func url(_ name: String, _ arguments: ParsedArguments, without endings: [String] = ["/"]) throws
        -> String
    {
        let url = try arguments.required(name)
        guard ["http://", "https://", "file:///"].contains(where: url.hasPrefix) else {
            throw arguments.error("--\(name) \(url) is no address that begins with https://, http:// or file:///")
        }
        let authority = url.firstRange(of: "://").map { url[$0.upperBound...].prefix { $0 != "/" } } ?? ""
        guard !authority.contains("@") else {
            throw arguments.error(
                "--\(name) has a user name or password in it, which would be shown; give the key as TARDIS_API_KEY"
            )
        }
        let isKeyed = arguments.variable(SharedOptions.tardisKey.name) != nil
        if isKeyed, url.hasPrefix("http:"), !isLoopbackURL(url),
            !arguments.flag(SharedOptions.insecureEndpoints.name)
        {
            throw arguments.error("--\(name) \(url) \(SharedOptions.insecure)")
        }
        return endings.reduce(url) { $0.hasSuffix($1) ? String($0.dropLast($1.count)) : $0 }
    }
}

/// What a check learned, beside what it has to say.
struct Checked<Value: Sendable>: Sendable {
    /// What it learned; nil when it could not.
    var value: Value?
    /// What it has to say.
    var findings: [Finding]

    init(_ value: Value?, _ findings: [Finding] = []) {
        self.value = value
        self.findings = findings
    }
}

/// Makes a check; an error that it throws is its finding.
func checking<Value: Sendable>(
    _ name: String,
    isAboutLaunch: Bool = false,
    _ body: () async throws -> Checked<Value>
) async -> Checked<Value> {
    do {
        return try await body()
    } catch {
        return Checked(nil, [Finding(name, error, isAboutLaunch: isAboutLaunch)])
    }
}

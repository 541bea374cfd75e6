/// What a check learned, beside what it has to say.
struct CheckOutcome<Value: Sendable>: Sendable {
    /// What it learned; nil when it could not.
    var value: Value?
    var findings: [CheckResult]

    init(_ value: Value?, _ findings: [CheckResult] = []) {
        self.value = value
        self.findings = findings
    }
}

/// Makes a check; an error that it throws is its finding.
func checking<Value: Sendable>(
    _ name: String,
    isAboutLaunch: Bool = false,
    _ body: () async throws -> CheckOutcome<Value>
) async -> CheckOutcome<Value> {
    do {
        return try await body()
    } catch {
        return CheckOutcome(nil, [CheckResult(name, error, isAboutLaunch: isAboutLaunch)])
    }
}

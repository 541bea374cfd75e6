import Common
import Console

/// What one check before a launch found.
struct CheckResult: Sendable, Equatable {
    /// What it means for the launch.
    enum Level: Sendable, Equatable {
        /// As it should be.
        case fine
        /// It goes on, but the operator should know.
        case warning
        /// Nothing is made; how the tool ends because of it.
        case error(ExitStatus)

        var word: String {
            switch self {
            case .fine: "ok"
            case .warning: "warning"
            case .error: "error"
            }
        }
    }

    /// What was looked at: `bucket`.
    var check: String
    var level: Level
    /// What came back, one sentence without its full stop, with the remedy where there is one.
    var text: String
    /// Whether it matters only if VMs are made; where none are, such an error is a warning, and such a warning nothing.
    var isAboutLaunch: Bool

    init(_ check: String, _ level: Level, _ text: String, isAboutLaunch: Bool = false) {
        self.check = check
        self.level = level
        self.text = text
        self.isAboutLaunch = isAboutLaunch
    }

    /// An error of a request, as a finding that ends the tool as the error would.
    init(_ check: String, _ error: any Error, isAboutLaunch: Bool = false) {
        self.init(check, .error(Common.exitStatus(of: error)), "\(error)", isAboutLaunch: isAboutLaunch)
    }

    /// Whether nothing may be made because of it.
    var isError: Bool { exitStatus != nil }

    /// How the tool ends because of it; nil when it need not end.
    var exitStatus: ExitStatus? {
        if case .error(let status) = level { status } else { nil }
    }

    /// The finding where no VM is made.
    var withoutLaunch: CheckResult {
        guard isAboutLaunch else { return self }
        var finding = self
        finding.level = isError ? .warning : .fine
        return finding
    }
}

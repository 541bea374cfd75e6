import Console
import Text

/// All that the checks before a launch found.
struct CheckResults: Sendable, Equatable {
    /// The findings, in the order of the checks.
    private(set) var all: [CheckResult]

    init(_ all: [CheckResult] = []) {
        self.all = all
    }

    mutating func add(_ more: [CheckResult]) { all += more }

    var errors: [CheckResult] { all.filter(\.isError) }

    /// How the tool ends because of them; nil when nothing is in the way. Credentials go before wrong settings, these before
    /// plain failures, and what passes by itself comes last.
    var status: ExitStatus? {
        let found = Set(all.compactMap(\.exitStatus))
        let order: [ExitStatus] = [.credentials, .usage, .failed, .integrity, .incomplete, .partial, .temporary]
        return order.first(where: found.contains)
    }

    /// The findings where no VM is made: what matters for a launch only is no error then.
    var withoutLaunch: CheckResults { CheckResults(all.map(\.withoutLaunch)) }

    /// The table for people; with `isShort` without what is as it should be.
    func table(isShort: Bool = false) -> TextTable {
        var table = TextTable([.init("CHECK"), .init("RESULT"), .init("FOUND")])
        for finding in all where !isShort || finding.level != .fine {
            table.add([.init(finding.check), .init(finding.level.word, finding.style), .init(finding.text)])
        }
        return table
    }

    var json: JSONValue {
        .array(
            all.map { finding in
                [
                    "check": .string(finding.check),
                    "result": .string(finding.level.word),
                    "found": .string(finding.text),
                    "exit_status": finding.exitStatus.map { .int(Int64($0.rawValue)) } ?? .null,
                ]
            }
        )
    }
}

extension CheckResult {
    fileprivate var style: TextStyle {
        switch level {
        case .fine: .plain
        case .warning: .yellow
        case .error: .red
        }
    }
}

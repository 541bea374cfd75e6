import Common
import Console

/// Why VMs cannot share one address, with the remedy.
struct EgressProblem: Error, Sendable, Equatable, CustomStringConvertible {
    /// One sentence without its full stop.
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

extension EgressProblem: ExitStatusProviding {
    /// Always `usage`: another network, or `--egress direct`, is the way out.
    var exitStatus: ExitStatus { .usage }
}

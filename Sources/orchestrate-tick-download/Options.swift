import Common
import Console

/// The command line of `orchestrate-tick-download`.
enum Options {
    static let command = CommandSpec(
        name: "orchestrate-tick-download",
        summary: "create the fleet of VMs that downloads one or more dates"
    )
}

import Common
import Console

/// The command line of `cleanup-tick-vms`.
enum Options {
    static let command = CommandSpec(name: "cleanup-tick-vms", summary: "delete the kit's VMs and what belongs to them")
}

import Common
import Console

/// The command line of `setup-iam`.
enum Options {
    static let command = CommandSpec(name: "setup-iam", summary: "grant the VMs' service account its roles")
}

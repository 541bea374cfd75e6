import Common
import Console

/// There is no key to put into the secret.
struct TardisKeyMissing: ExitStatusProviding, CustomStringConvertible {
    let secret: String
    var exitStatus: ExitStatus { .credentials }
    var description: String {
        "cannot fill \(secret): there is no Tardis key; set TARDIS_API_KEY, or pass it on stdin with --key-file -"
    }
}

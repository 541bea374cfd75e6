import FoundationEssentials
import Glibc

/// A new folder of a test's own, which goes with it.
final class TemporaryFolder: Sendable {
    let path: String

    init() {
        var template = Array("/tmp/fleet-test-XXXXXX".utf8CString)
        path = mkdtemp(&template).map { String(cString: $0) } ?? "/there/is/no/folder"
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

@testable import Common
import FleetModel
import Glibc
import Testing

@Suite struct ProcessIdentityTests {
    @Test("a process that has ended is not running, also while nobody has asked how", arguments: ["R", "S", "Z", "X"])
    func states(state: String) {
        func stat(_ state: String, _ began: Int) -> String {
            "7 (a (b) c) \(state) \(Array(repeating: "0", count: 18).joined(separator: " ")) \(began) 0"
        }
        let files = FileAccess.memory(["/proc/\(getpid())/stat": stat("R", 99), "/proc/7/stat": stat(state, 100)])
        let own = ProcessIdentity.live(files)
        let other = Heartbeat.Process(host: own.own.host, id: 7, began: 100)
        #expect(own.isRunning(other) == (state == "R" || state == "S"))
        #expect(own.isRunning(.init(host: own.own.host, id: 7, began: 101)) == false)
        #expect(own.isRunning(.init(host: "elsewhere", id: 7, began: 100)) == nil)
    }
}

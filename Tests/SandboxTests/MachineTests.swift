import Glibc
@testable import Sandbox
import Synchronization
import Testing

/// VMs as processes, each a small shell script.
@Suite(.timeLimit(.minutes(1))) struct MachineTests {
    private let directory: String
    private let host: ProcessVMHost
    private let endings = Endings()

    init() throws {
        directory = try Files.makeTemporaryDirectory(prefix: "machine-tests")
        let configuration = ProcessVMHost.Configuration(directory: directory)
        host = ProcessVMHost(configuration, tokens: AccessTokens(), recorder: Recorder(), faults: FaultInjector())
    }

    private func finish() {
        host.stop()
        Files.removeTree(directory)
    }

    private func boot(_ script: String, slots: Int = 16, metadata: [String: String] = [:], name: String = "vm")
        -> Machine
    {
        host.configure { configuration in
            configuration.command = { _ in VMCommand(["/bin/sh", "-c", script], environment: ["OWN": "own value"]) }
            configuration.environment = [("SHARED", "shared value"), ("OWN", "overridden")]
            configuration.slots = slots
        }
        var record = BootRecord.sample
        record.metadata = metadata
        record.name = name
        let console = SerialConsole()
        let vm = host.boot(record, console: console) { [endings] in endings.note(name, $0) }
        return Machine(vm: vm, console: console)
    }

    @Test func theOutputIsTheSerialConsole() throws {
        defer { finish() }
        let machine = boot("echo out; echo err >&2; exit 3")
        waitUntil { endings.all["vm"] != nil }
        let lines = machine.text.split(separator: "\n").map(String.init)
        #expect(lines.count == 4)
        #expect(lines.first?.contains("vm: a sandbox VM (e2-highmem-2) boots in asia-northeast1-a") == true)
        #expect(lines.dropFirst().prefix(2) == ["out", "err"])
        #expect(lines.last == "vm: the command ended with status 3")
        #expect(endings.all == ["vm": .deletesItself])
        #expect(host.runningCount == 0)
    }

    @Test func aVMMayStay() throws {
        defer { finish() }
        _ = boot("true", metadata: ["tick-keep-vm": "true"])
        waitUntil { endings.all["vm"] != nil }
        #expect(endings.all["vm"] == .poweredOff)
    }

    @Test func theEnvironmentIsTheVMsOwn() throws {
        defer { finish() }
        setenv("MACHINE_TESTS_SECRET", "the operator's", 1)
        let machine = boot("env; pwd")
        waitUntil { endings.all["vm"] != nil }
        let lines = Set(machine.text.split(separator: "\n").map(String.init))
        #expect(
            lines.isSuperset(of: [
                "OWN=own value", "SHARED=shared value", "HOME=\(directory)/vm-42", "\(directory)/vm-42",
            ])
        )
        #expect(lines.contains { $0.hasPrefix("GCE_METADATA_HOST=127.0.0.1:") })
        #expect(!machine.text.contains("the operator's"))
    }

    @Test func preemptionIsAnnouncedAndEndsTheGroup() throws {
        defer { finish() }
        // A child of its own, which must end as well; the shell takes SIGTERM and says so.
        let machine = boot("trap 'echo told; exit 0' TERM; sleep 1000 & echo ready $!; wait")
        waitUntil { machine.text.contains("ready") }
        let child = machine.text.split(separator: "\n").last { $0.hasPrefix("ready") }?.split(separator: " ").last
        let pid = try #require(child.flatMap { pid_t($0) })
        machine.vm.powerOff(preempted: true, graceMilliseconds: 20_000)
        #expect(machine.text.contains("told"))
        waitUntil { kill(pid, 0) != 0 || Self.isZombie(pid) }
        #expect(endings.all.isEmpty)
        machine.vm.powerOff(preempted: true, graceMilliseconds: 0)
    }

    @Test func whoDoesNotListenIsCutOff() throws {
        defer { finish() }
        let machine = boot("trap '' TERM; echo ready; while :; do sleep 1000; done")
        waitUntil { machine.text.contains("ready") }
        machine.vm.powerOff(preempted: false, graceMilliseconds: 10)
        #expect(machine.text.contains("ended with status 137"))
        #expect(host.runningCount == 0 && endings.all.isEmpty)
    }

    @Test func onlySoManyRunAtOnce() throws {
        defer { finish() }
        let first = boot("echo ready; sleep 1000", slots: 1, name: "a")
        waitUntil { first.text.contains("ready") }
        let second = boot("echo ready; sleep 1000", slots: 1, name: "b")
        let third = boot("echo ready; sleep 1000", slots: 1, name: "c")
        #expect(host.runningCount == 1)
        #expect(!second.text.contains("ready") && second.text.contains("boots"))
        second.vm.powerOff(preempted: false, graceMilliseconds: 0)
        first.vm.powerOff(preempted: false, graceMilliseconds: 0)
        waitUntil { third.text.contains("ready") }
        #expect(!second.text.contains("ready"))
    }

    @Test func whatIsLeftBehindEndsWithTheVM() throws {
        defer { finish() }
        let machine = boot("sleep 1000 & echo child $!")
        waitUntil { endings.all["vm"] != nil }
        let pid = try #require(
            machine.text.split(separator: "\n").compactMap { line in
                line.hasPrefix("child ") ? pid_t(line.dropFirst(6)) : nil
            }.first
        )
        waitUntil { kill(pid, 0) != 0 || Self.isZombie(pid) }
    }

    @Test func theEndOfTheHostEndsAll() throws {
        let machines = (0..<5).map { boot("trap '' TERM; echo ready; sleep 1000", name: "vm-\($0)") }
        for machine in machines { waitUntil { machine.text.contains("ready") } }
        finish()
        #expect(host.runningCount == 0 && endings.all.isEmpty)
        let late = boot("echo ready")
        late.vm.powerOff(preempted: false, graceMilliseconds: 0)
        #expect(!late.text.contains("ready"))
    }

    @Test func aProgramThatIsNotThereSaysSo() throws {
        defer { finish() }
        host.configure { $0.command = { _ in VMCommand(["/not/there"]) } }
        let console = SerialConsole()
        _ = host.boot(.sample, console: console) { [endings] in endings.note("vm", $0) }
        waitUntil { endings.all["vm"] != nil }
        #expect(console.text.contains("/not/there"))
    }

    @Test func withoutACommandAVMJustStands() throws {
        defer { finish() }
        let console = SerialConsole()
        let vm = host.boot(.sample, console: console) { [endings] in endings.note("vm", $0) }
        vm.powerOff(preempted: true, graceMilliseconds: 1_000_000)
        #expect(endings.all.isEmpty)
    }

    @Test func theDownloaderGetsTheShardsSettings() {
        var record = BootRecord.sample
        record.metadata = [
            "tick-dates": "2023-05-23,2025-10-20", "tick-plan": "plan.json", "tick-shard-offset": "60",
            "tick-bucket": "gs://market-data-tick", "tick-secret": "projects/p/secrets/s/versions/1",
            "tick-shards": "60", "startup-script": "#!/bin/sh",
        ]
        let command = VMCommand.downloader("/there/vm-data-downloader", record)
        #expect(command.environment.isEmpty)
        let wanted = """
            /there/vm-data-downloader --date 2023-05-23 --date 2025-10-20 --plan plan.json --shard-offset 60 \
            --vm-name tick-data-vm-7 --bucket gs://market-data-tick --secret projects/p/secrets/s/versions/1
            """
        #expect(command.arguments.joined(separator: " ") == wanted)
        record.metadata = ["tick-api-key": "TD.key"]
        let plain = VMCommand.downloader("/there/vm-data-downloader", record)
        #expect(plain.environment == ["TARDIS_API_KEY": "TD.key"])
        #expect(!plain.arguments.contains { $0.contains("TD.key") })
    }

    private static func isZombie(_ pid: pid_t) -> Bool {
        guard let bytes = try? Files.read("/proc/\(pid)/stat") else { return true }
        return bytes.isEmpty || String(decoding: bytes, as: UTF8.self).contains(") Z ")
    }
}

private struct Machine {
    let vm: any BootedVM
    let console: SerialConsole
    var text: String { console.text }
}

extension SerialConsole {
    fileprivate var text: String { String(decoding: read(from: 0).contents, as: UTF8.self) }
}

private final class Endings: Sendable {
    private let state = Mutex<[String: VMEnding]>([:])
    var all: [String: VMEnding] { state.withLock { $0 } }
    func note(_ name: String, _ ending: VMEnding) { state.withLock { $0[name] = ending } }
}

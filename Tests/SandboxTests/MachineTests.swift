import Glibc
import Host
@testable import Sandbox
import Synchronization
import Testing

/// VMs as processes, each a small shell script.
@Suite(.timeLimit(.minutes(30))) struct MachineTests {
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

    private func boot(
        _ script: String,
        atEnd end: String? = nil,
        programs: String = "/there",
        slots: Int = 16,
        name: String = "vm"
    ) -> Machine {
        host.configure { configuration in
            configuration.programs = programs
            configuration.environment = [("SHARED", "shared value"), ("HOME", "overridden")]
            configuration.slots = slots
        }
        var record = BootRecord.sample
        record.metadata = ["startup-script": script.hasPrefix("#!") ? script : "#!/bin/sh\n\(script)\n"]
        record.metadata["shutdown-script"] = end.map { "#!/bin/sh\n\($0)\n" }
        record.name = name
        let console = SerialConsole()
        let vm = host.boot(record, console: console) { [endings] in endings.note(name) }
        return Machine(vm: vm, console: console)
    }

    @Test func theOutputIsTheSerialConsole() throws {
        defer { finish() }
        let machine = boot("echo out; echo err >&2; exit 3")
        waitUntil { machine.text.contains("exit status") && host.runningCount == 0 }
        let lines = machine.text.split(separator: "\n").map(String.init)
        #expect(lines.count == 4)
        #expect(lines.first?.contains("vm: a sandbox VM (e2-highmem-2) boots in asia-northeast1-a") == true)
        #expect(lines.dropFirst().prefix(2) == ["out", "err"])
        #expect(lines.last == "vm: startup-script exit status 3")
        // Nobody has turned it off.
        #expect(endings.all.isEmpty)
    }

    @Test func theGuestTurnsItselfOffAndIsOnAgainAfterTheNextBoot() throws {
        defer { finish() }
        let machine = boot("shutdown -h now; echo bye")
        waitUntil { endings.all == ["vm"] }
        #expect(machine.text.contains("bye\nvm: startup-script exit status 0"))
        let again = boot("echo here")
        waitUntil { again.text.contains("exit status 0") && host.runningCount == 0 }
        #expect(endings.all == ["vm"])
    }

    @Test func aVMHasNoDockerBeforeItIsInstalledAndNothingThatTouchesThisMachine() throws {
        defer { finish() }
        let machine = boot(
            "for p in docker systemctl poweroff apt-get shutdown; do command -v $p || echo no $p; done"
                + "; apt-get -q -y install docker.io && command -v docker"
        )
        waitUntil { machine.text.contains("exit status") }
        let lines = machine.text.split(separator: "\n").map(String.init)
        let programs = "\(directory)/guest/programs"
        #expect(
            lines[1...6].elementsEqual([
                "no docker", "\(programs)/systemctl", "no poweroff", "\(programs)/apt-get", "\(programs)/shutdown",
                "\(directory)/vm-42/bin/docker",
            ]),
            "\(lines)"
        )
    }

    @Test func theEnvironmentIsTheVMsOwn() throws {
        defer { finish() }
        setenv("MACHINE_TESTS_SECRET", "the operator's", 1)
        let machine = boot("env; pwd")
        waitUntil { machine.text.contains("exit status") }
        let lines = Set(machine.text.split(separator: "\n").map(String.init))
        #expect(
            lines.isSuperset(of: [
                "TICK_BIN=/there", "SHARED=shared value", "HOME=\(directory)/vm-42", "\(directory)/vm-42",
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

    @Test func theShutdownScriptRunsFirstWithTheNetworkAndTheStartupScriptIsToldLastWithout() throws {
        defer { finish() }
        let url = "http://$GCE_METADATA_HOST/computeMetadata/v1/instance/preempted"
        let ask = "curl -s -m 5 -H Metadata-Flavor:Google \(url)"
        let machine = boot(
            "trap 'echo told, network: $(\(ask) || echo none); exit 0' TERM; echo ready; while :; do sleep 0.02; done",
            atEnd: "echo at end, network: $(\(ask)) $(systemctl is-system-running)"
        )
        waitUntil { machine.text.contains("ready") }
        machine.vm.powerOff(preempted: true, graceMilliseconds: 20_000)
        let lines = machine.text.split(separator: "\n").map(String.init).drop { $0 != "ready" }
        #expect(
            // The shell may say that its sleep was told, too.
            lines.filter { $0 != "Terminated" } == [
                "ready", "at end, network: TRUE stopping", "vm: shutdown-script exit status 0", "told, network: none",
                "vm: startup-script exit status 0",
            ]
        )
    }

    @Test func aShutdownScriptThatHangsIsCutOffWithEverythingElse() throws {
        defer { finish() }
        let machine = boot("echo ready; sleep 1000", atEnd: "sleep 1000 & echo child $!; wait")
        waitUntil { machine.text.contains("ready") }
        machine.vm.powerOff(preempted: true, graceMilliseconds: 200)
        #expect(machine.text.contains("vm: shutdown-script exit status 137"))
        #expect(host.runningCount == 0 && endings.all.isEmpty)
        let pid = try #require(machine.text.split(separator: "\n").first { $0.hasPrefix("child ") }?.dropFirst(6))
        let child = try #require(pid_t(pid))
        waitUntil { kill(child, 0) != 0 || Self.isZombie(child) }
    }

    @Test func theEndOfTheHostDoesNotWaitForAShutdownScript() throws {
        let machine = boot("echo ready; sleep 1000", atEnd: "echo at end; sleep 1000")
        waitUntil { machine.text.contains("ready") }
        let isOff = Watched(false)
        startThread {
            machine.vm.powerOff(preempted: false, graceMilliseconds: 1_000_000)
            isOff.set(true)
        }
        waitUntil { machine.text.contains("at end") }
        finish()
        #expect(isOff.wait(milliseconds: 30_000) { $0 })
    }

    @Test func dockerEndsItsContainersAtOnceWhenTheVMIsTurnedOff() throws {
        defer { finish() }
        let programs = "\(directory)/programs"
        try Files.makeDirectory(programs)
        try GuestDisk.writeProgram(
            "\(programs)/program",
            "#!/bin/sh\ntrap 'echo container told; exit 7' TERM\necho ready\nwhile :; do sleep 0.02; done\n"
        )
        // The shutdown script waits for what the startup script does when its container has ended.
        let machine = boot(
            "apt-get -y install docker.io; docker run image program; echo container status $?; : >seen; sleep 1000",
            atEnd: "until [ -e seen ]; do sleep 0.02; done; echo at end",
            programs: programs
        )
        waitUntil { machine.text.contains("ready") }
        machine.vm.powerOff(preempted: false, graceMilliseconds: 20_000)
        let lines = machine.text.split(separator: "\n").map(String.init).drop { $0 != "ready" }
        #expect(
            Array(lines) == [
                "ready", "container told", "container status 7", "at end", "vm: shutdown-script exit status 0",
                "vm: startup-script exit status 143",
            ]
        )
    }

    @Test func aProgramRunsAtOnceWhileOthersAreStarted() throws {
        defer { finish() }
        try Files.makeDirectory(directory)
        let isOver = Watched(false)
        for _ in 0..<4 {
            startThread {
                while !isOver.value {
                    guard let other = try? ChildProcess(["/bin/true"], environment: []) else { continue }
                    other.waitForEnd()
                    _ = other.exitStatus()
                }
            }
        }
        defer { isOver.set(true) }
        for _ in 0..<500 {
            try GuestDisk.writeProgram("\(directory)/program", "#!/bin/sh\nexit 7\n")
            let program = try ChildProcess(["\(directory)/program"], environment: [])
            program.waitForEnd()
            #expect(program.exitStatus() == 7)
        }
    }

    @Test func whoDoesNotListenIsCutOff() throws {
        defer { finish() }
        let machine = boot("trap '' TERM; echo ready; while :; do sleep 1000; done")
        waitUntil { machine.text.contains("ready") }
        machine.vm.powerOff(preempted: false, graceMilliseconds: 10)
        #expect(machine.text.contains("exit status 137"))
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
        waitUntil { machine.text.contains("exit status") }
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

    @Test func aScriptThatCannotBeRunSaysSo() throws {
        defer { finish() }
        let machine = boot("#!/not/there\n")
        waitUntil { machine.text.contains("exit status 12") }
        #expect(machine.text.contains("startup-script"))
    }

    @Test func withoutAScriptAVMJustStands() throws {
        defer { finish() }
        let console = SerialConsole()
        let vm = host.boot(.sample, console: console) { [endings] in endings.note("vm") }
        vm.powerOff(preempted: true, graceMilliseconds: 1_000_000)
        #expect(endings.all.isEmpty)
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
    private let state = Mutex<[String]>([])
    var all: [String] { state.withLock { $0 } }
    func note(_ name: String) { state.withLock { $0.append(name) } }
}

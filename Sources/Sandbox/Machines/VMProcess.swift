import Glibc
import Synchronization

/// One VM: first it waits for a place, then its startup script runs, then it is over.
final class VMProcess: BootedVM {
    private enum Phase: Equatable {
        case waiting
        case running(pid_t)
        case ending
        case over
    }

    /// What pauses of the kit's own startup script last here: nothing that it waits for takes longer.
    private static let pauseSeconds = "2"

    let record: BootRecord
    private let console: SerialConsole
    private let host: ProcessVMHost
    private let turnedOff: @Sendable () -> Void
    private let phase = Watched(Phase.waiting)
    private let metadata: MetadataService
    /// Whether it was switched off, so that its end is no news.
    private let isOff = Mutex(false)

    init(
        _ record: BootRecord,
        console: SerialConsole,
        host: ProcessVMHost,
        turnedOff: @escaping @Sendable () -> Void
    ) {
        self.record = record
        self.console = console
        self.host = host
        self.turnedOff = turnedOff
        metadata = MetadataService(record, tokens: host.tokens)
    }

    /// Runs the startup script; called once.
    func start(_ configuration: ProcessVMHost.Configuration) {
        var opened: VMNetwork?
        do {
            let disk = try host.disk()
            let (command, own) = try disk.boot(record.metadata["startup-script"] ?? "", record)
            let network = try VMNetwork(record, metadata, host, configuration)
            opened = network
            let output = try Pipe()
            var environment = Dictionary(configuration.environment.map { ($0.name, $0.value) }) { $1 }
            environment.merge(network.environment) { $1 }
            environment.merge(own) { $1 }
            environment["TICK_BIN"] = configuration.programs
            environment["TICK_PAUSE"] = Self.pauseSeconds
            let variables = environment.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
            // Under the lock, so that whoever switches it off meanwhile finds either no process or this one.
            let process = try isOff.withLock { isOff -> ChildProcess? in
                if isOff { return nil }
                let process = try ChildProcess(
                    command,
                    environment: variables,
                    output: output.writing,
                    ownGroup: true
                )
                phase.set(.running(process.id))
                return process
            }
            output.closeWriting()
            guard let process else { return finish(network, disk) }
            startThread { [self] in run(process, output, network, disk) }
        } catch {
            say("\(record.name): the startup-script did not start: \(error)")
            finish(opened, nil)
        }
    }

    /// Follows the process to its end.
    private func run(_ process: ChildProcess, _ output: Pipe, _ network: VMNetwork, _ disk: GuestDisk) {
        let isRead = Watched(false)
        startThread { [self] in
            copy(output)
            isRead.set(true)
        }
        process.waitForEnd()
        // While the process is still to be reaped its group's number is nobody else's. What it left behind ends with the VM.
        kill(-process.id, SIGKILL)
        _ = isRead.wait(milliseconds: nil) { $0 }
        isOff.withLock { _ in phase.set(.ending) }
        let status = process.exitStatus() ?? 0
        say("\(record.name): startup-script exit status \(status)")
        finish(network, disk)
    }

    /// The last step of a script's life. The VM's own goes on, unless its guest has turned it off.
    private func finish(_ network: VMNetwork?, _ disk: GuestDisk?) {
        metadata.close()
        network?.stop()
        let wasOff = isOff.withLock { isOff in
            defer { isOff = true }
            return isOff
        }
        host.isDone(with: self)
        phase.set(.over)
        if !wasOff, disk?.isOff(record) == true { turnedOff() }
    }

    /// Tells the guest to end, without waiting for it.
    func signalEnd() {
        isOff.withLock { isOff in
            isOff = true
            if case .running(let id) = phase.value { kill(-id, SIGTERM) }
        }
    }

    func powerOff(preempted: Bool, graceMilliseconds: Int) {
        if preempted { metadata.preempt() }
        signalEnd()
        if phase.value == .waiting {
            host.isDone(with: self)
            return
        }
        let isOver = { (phase: Phase) in phase == .over }
        if isOver(phase.wait(milliseconds: max(0, graceMilliseconds), until: isOver)) { return }
        isOff.withLock { _ in
            if case .running(let id) = phase.value { kill(-id, SIGKILL) }
        }
        _ = phase.wait(milliseconds: nil, until: isOver)
    }

    private func copy(_ output: Pipe) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while case let count = retryingInterrupts({ read(output.reading, &buffer, buffer.count) }), count > 0 {
            console.write(buffer.prefix(count))
        }
    }

    private func say(_ text: String) { console.write(Array("\(text)\n".utf8)) }
}

import Glibc
import Synchronization

/// One VM: first it waits for a place, then its command runs, then it is over.
final class VMProcess: BootedVM {
    private enum Phase: Equatable {
        case waiting
        case running(pid_t)
        case ending
        case over
    }

    let record: BootRecord
    private let console: SerialConsole
    private let host: ProcessVMHost
    private let ended: @Sendable (VMEnding) -> Void
    private let phase = Watched(Phase.waiting)
    private let metadata: MetadataService
    /// Whether it was switched off, so that its end is no news.
    private let isOff = Mutex(false)

    init(
        _ record: BootRecord,
        console: SerialConsole,
        host: ProcessVMHost,
        ended: @escaping @Sendable (VMEnding) -> Void
    ) {
        self.record = record
        self.console = console
        self.host = host
        self.ended = ended
        metadata = MetadataService(record, tokens: host.tokens)
    }

    /// Runs the command; called once.
    func start(_ command: VMCommand, _ configuration: ProcessVMHost.Configuration) {
        var opened: VMNetwork?
        do {
            let network = try VMNetwork(record, metadata, host, configuration)
            opened = network
            let output = try Pipe()
            // Another VM of the same name has another disk.
            let home = "\(configuration.directory)/\(record.name)-\(record.id)"
            try Files.makeDirectory(home)
            var environment = Dictionary(configuration.environment.map { ($0.name, $0.value) }) { $1 }
            environment["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
            environment["HOME"] = home
            environment["LANG"] = "C.UTF-8"
            environment.merge(network.environment) { $1 }
            environment.merge(command.environment) { $1 }
            let variables = environment.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
            // Under the lock, so that whoever switches it off meanwhile finds either no process or this one.
            let process = try isOff.withLock { isOff -> ChildProcess? in
                if isOff { return nil }
                let process = try ChildProcess(
                    ["/bin/sh", "-c", #"cd "$HOME" && exec "$@""#, "sh"] + command.arguments,
                    environment: variables,
                    output: output.writing,
                    ownGroup: true
                )
                phase.set(.running(process.id))
                return process
            }
            output.closeWriting()
            guard let process else { return finish(network) }
            startThread { [self] in run(process, output, network) }
        } catch {
            say("\(record.name): the command did not start: \(error)")
            finish(opened)
        }
    }

    /// Follows the process to its end.
    private func run(_ process: ChildProcess, _ output: Pipe, _ network: VMNetwork) {
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
        say("\(record.name): the command ended with status \(status)")
        finish(network)
    }

    /// The last step of a life.
    private func finish(_ network: VMNetwork?) {
        metadata.close()
        network?.stop()
        let wasOff = isOff.withLock { isOff in
            defer { isOff = true }
            return isOff
        }
        host.isDone(with: self)
        phase.set(.over)
        if !wasOff { ended(record.metadata["tick-keep-vm"] == "true" ? .poweredOff : .deletesItself) }
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

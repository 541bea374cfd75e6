import Dispatch
import Glibc
import Host
import Synchronization

/// One VM: first it waits for a place, then its startup script runs, then it is over.
///
/// When it is turned off meanwhile, its guest does as a real one: the shutdown script runs first, while the network is there; the
/// startup script is told last, when the network is gone; and what still runs after the grace is cut off.
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
    private let power = Mutex(Power())

    private struct Power {
        /// Whether it was switched off, so that its end is no news.
        var isOff = false
        /// What runs when it is turned off, and the network that is there until then.
        var shutdown: (command: [String], environment: [(name: String, value: String)], network: VMNetwork)?
        /// The process of the shutdown script and of what ends meanwhile, while it runs.
        var shutdownProcess: pid_t?
    }

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
            let guest = try disk.boot(record)
            let network = try VMNetwork(record, metadata, host, configuration)
            opened = network
            let output = try Pipe()
            var environment = Dictionary(configuration.environment.map { ($0.name, $0.value) }) { $1 }
            environment.merge(network.environment) { $1 }
            environment.merge(guest.environment) { $1 }
            environment["TICK_BIN"] = configuration.programs
            environment["TICK_PAUSE"] = Self.pauseSeconds
            let variables = environment.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
            // Under the lock, so that whoever switches it off meanwhile finds either no process or this one.
            let process = try power.withLock { power -> ChildProcess? in
                if power.isOff { return nil }
                let process = try ChildProcess(
                    guest.startup,
                    environment: variables,
                    streams: output.writing.map { .both(to: $0) } ?? .inherited,
                    ownGroup: true
                )
                power.shutdown = (guest.shutdown, variables, network)
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
        let isRead = startCopying(output)
        process.waitForEnd()
        // While the process is still to be reaped its group's number is nobody else's. What it left behind ends with the VM.
        kill(-process.id, SIGKILL)
        _ = isRead.wait(milliseconds: nil) { $0 }
        power.withLock { _ in phase.set(.ending) }
        let status = process.exitStatus() ?? 0
        say("\(record.name): startup-script exit status \(status)")
        finish(network, disk)
    }

    /// The last step of a script's life. The VM's own goes on, unless its guest has turned it off.
    private func finish(_ network: VMNetwork?, _ disk: GuestDisk?) {
        metadata.close()
        network?.stop()
        let wasOff = power.withLock { power in
            defer { (power.isOff, power.shutdown) = (true, nil) }
            return power.isOff
        }
        host.isDone(with: self)
        phase.set(.over)
        if !wasOff, disk?.isOff(record) == true { turnedOff() }
    }

    /// Tells all of the guest's programs to end, without waiting for them.
    func signalEnd() {
        power.withLock { power in
            power.isOff = true
            if case .running(let id) = phase.value { kill(-id, SIGTERM) }
        }
    }

    func powerOff(preempted: Bool, graceMilliseconds: Int) {
        let end = DispatchTime.now() + .milliseconds(max(0, graceMilliseconds))
        if preempted { metadata.preempt() }
        power.withLock { $0.isOff = true }
        if phase.value == .waiting {
            host.isDone(with: self)
            return
        }
        if graceMilliseconds > 0 { shutDown(before: end) } else { cutOffShutdown() }
        metadata.close()
        power.withLock { $0.shutdown?.network }?.stop()
        signalEnd()
        let isOver = { (phase: Phase) in phase == .over }
        if isOver(phase.wait(milliseconds: end.millisecondsFromNow, until: isOver)) { return }
        power.withLock { _ in
            if case .running(let id) = phase.value { kill(-id, SIGKILL) }
        }
        _ = phase.wait(milliseconds: nil, until: isOver)
    }

    /// Ends the shutdown script that another caller of `powerOff` may be waiting for.
    private func cutOffShutdown() {
        power.withLock { power in
            if let id = power.shutdownProcess { kill(-id, SIGKILL) }
        }
    }

    /// Runs the shutdown script, and cuts it off at the end of the time.
    private func shutDown(before end: DispatchTime) {
        do {
            let output = try Pipe()
            let started = try power.withLock { power -> ChildProcess? in
                guard case .running = phase.value, power.shutdownProcess == nil, let shutdown = power.shutdown
                else { return nil }
                let process = try ChildProcess(
                    shutdown.command,
                    environment: shutdown.environment,
                    streams: output.writing.map { .both(to: $0) } ?? .inherited,
                    ownGroup: true
                )
                power.shutdownProcess = process.id
                return process
            }
            output.closeWriting()
            guard let process = started else { return }
            let isRead = startCopying(output)
            let hasEnded = Watched(false)
            startThread {
                process.waitForEnd()
                hasEnded.set(true)
            }
            _ = hasEnded.wait(milliseconds: end.millisecondsFromNow) { $0 }
            // Its process is still to be reaped, so that the group's number is nobody else's.
            kill(-process.id, SIGKILL)
            _ = hasEnded.wait(milliseconds: nil) { $0 }
            _ = isRead.wait(milliseconds: nil) { $0 }
            power.withLock { $0.shutdownProcess = nil }
            let status = process.exitStatus() ?? 0
            if record.metadata["shutdown-script"] != nil {
                say("\(record.name): shutdown-script exit status \(status)")
            }
        } catch {
            say("\(record.name): the shutdown-script did not start: \(error)")
        }
    }

    /// Puts what a program prints onto the console, until it is closed.
    private func startCopying(_ output: Pipe) -> Watched<Bool> {
        let isRead = Watched(false)
        startThread { [self] in
            copy(output)
            isRead.set(true)
        }
        return isRead
    }

    private func copy(_ output: Pipe) {
        output.read { console.write($0) }
    }

    private func say(_ text: String) { console.write(Array("\(text)\n".utf8)) }
}

extension DispatchTime {
    /// The time until then, 0 when it is over.
    fileprivate var millisecondsFromNow: Int {
        let now = DispatchTime.now().uptimeNanoseconds
        return uptimeNanoseconds > now ? Int((uptimeNanoseconds - now) / 1_000_000) : 0
    }
}

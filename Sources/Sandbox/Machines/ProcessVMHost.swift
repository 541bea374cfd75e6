import Synchronization

/// Runs VMs as processes of this machine: each has a metadata server of its own and runs the `startup-script` of its metadata,
/// whose output is its serial console; when a VM is turned off its `shutdown-script` runs before the network goes. Docker, apt-get,
/// shutdown and systemctl have stand-ins: a container is a program of this machine.
///
/// Only so many run at once; the others have booted and wait. A VM whose script has ended stays up until it is turned off.
/// `stop` ends all of them.
public final class ProcessVMHost: VMHost {
    /// What the VMs of a host have in common.
    public struct Configuration: Sendable {
        /// Folder of the programs that containers run; nil for VMs that only stand there.
        public var programs: String?
        /// How many scripts run at once.
        public var slots = 16
        /// Variables of every VM, such as the addresses of the stand-ins; nothing of this process's own is added.
        public var environment: [(name: String, value: String)] = []
        /// Tardis and the storage behind it, which each VM reaches by ports of its own; nil for those of everybody.
        public var tardis: (service: TardisService, wasabi: WasabiService)?
        /// Hears what a VM, told by its name, downloads from there.
        public var onDownload: (@Sendable (_ vm: String, _ bytes: Int) -> Void)?
        /// Folder with the VMs' home folders.
        public var directory: String

        public init(directory: String) { self.directory = directory }
    }

    private struct State {
        var configuration: Configuration
        var running: Set<ObjectIdentifier> = []
        var waiting: [VMProcess] = []
        var all: [ObjectIdentifier: VMProcess] = [:]
        var isStopped = false
        var disk: GuestDisk?
    }

    private let state: Mutex<State>
    let tokens: AccessTokens
    let recorder: Recorder
    let faults: FaultInjector

    /// A host; requests to the metadata servers go to the recorder and suffer the faults.
    public init(_ configuration: Configuration, tokens: AccessTokens, recorder: Recorder, faults: FaultInjector) {
        state = Mutex(State(configuration: configuration))
        self.tokens = tokens
        self.recorder = recorder
        self.faults = faults
    }

    /// Changes what VMs run that boot from now on.
    public func configure(_ change: (inout Configuration) -> Void) {
        state.withLock { change(&$0.configuration) }
    }

    public func boot(
        _ record: BootRecord,
        console: SerialConsole,
        turnedOff: @escaping @Sendable () -> Void
    ) -> any BootedVM {
        let machine = VMProcess(record, console: console, host: self, turnedOff: turnedOff)
        console.write(
            Array("[    0.000000] \(record.name): a sandbox VM (\(record.machineType)) boots in \(record.zone)\n".utf8)
        )
        state.withLock { state in
            state.all[ObjectIdentifier(machine)] = machine
            let hasWork = state.configuration.programs != nil && record.metadata["startup-script"] != nil
            if !state.isStopped, hasWork { state.waiting.append(machine) }
        }
        startWaiting()
        return machine
    }

    /// Ends all VMs and starts no more.
    public func stop() {
        let all = state.withLock { state in
            state.isStopped = true
            state.waiting.removeAll()
            return Array(state.all.values)
        }
        // All at once, not one after the other.
        for machine in all { machine.signalEnd() }
        for machine in all { machine.powerOff(preempted: false, graceMilliseconds: 0) }
    }

    /// The disk that the VMs' own are made from; made when the first one boots.
    func disk() throws -> GuestDisk {
        try state.withLock { state in
            if let disk = state.disk { return disk }
            let disk = try GuestDisk(directory: state.configuration.directory)
            state.disk = disk
            return disk
        }
    }

    public var runningCount: Int { state.withLock { $0.running.count } }

    /// A VM's script has ended, or it will not start any more.
    func isDone(with machine: VMProcess) {
        state.withLock { state in
            state.running.remove(ObjectIdentifier(machine))
            state.waiting.removeAll { $0 === machine }
            state.all[ObjectIdentifier(machine)] = nil
        }
        startWaiting()
    }

    private func startWaiting() {
        while true {
            let next = state.withLock { state -> (VMProcess, Configuration)? in
                guard !state.isStopped, state.running.count < state.configuration.slots, !state.waiting.isEmpty
                else { return nil }
                let machine = state.waiting.removeFirst()
                state.running.insert(ObjectIdentifier(machine))
                return (machine, state.configuration)
            }
            guard let (machine, configuration) = next else { return }
            machine.start(configuration)
        }
    }
}

import Text

extension ComputeService {
    /// Takes new or started VMs through PROVISIONING and STAGING to RUNNING, boots them and ends the operations.
    func bringUp(_ lives: [(ResourceKey, UInt64)], operations: [ResourceKey], delay: Int) {
        let times = options.times
        later(times.provisioning) { service, state in
            for (key, life) in lives where state.instances[key]?.isComingUp(in: life) == true {
                state.instances[key]?.status = .staging
            }
        }
        later(times.provisioning + times.staging + delay) { service, state in
            service.run(lives.filter { state.instances[$0.0]?.isComingUp(in: $0.1) == true }, &state)
            for operation in operations { state.finish(operation) }
        }
    }

    /// Lets VMs run and boots them.
    func run(_ lives: [(ResourceKey, UInt64)], _ state: inout ComputeState) {
        var boots: [(BootRecord, SerialConsole, ResourceKey, UInt64)] = []
        let now = JSONValue.string(ComputeClock.text(Clock.microseconds()))
        for (key, life) in lives {
            let failure = state.faults.noBoot(key.name)
            guard failure != .staging, var instance = state.instances[key] else { continue }
            instance.status = .running
            instance.json["cpuPlatform"] = "Intel Broadwell"
            instance.json["lastStartTimestamp"] = now
            if failure == nil, options.host != nil {
                instance.guest = .booting
                let number = options.projects.first { $0.id == key.project }?.number ?? 0
                boots.append((instance.bootRecord(projectNumber: number), instance.console, key, life))
            }
            if let seconds = instance.maxRunSeconds {
                end(after: seconds * options.times.second, key, life, isPreemption: false)
            }
            if let delay = state.faults.preemptionDelay(key.name) { end(after: delay, key, life, isPreemption: true) }
            state.instances[key] = instance
        }
        startSeries(&state)
        guard let host = options.host, !boots.isEmpty else { return }
        let ready = boots
        state.effects.append { service in
            // Booting starts processes: not on the timer's thread.
            startThread {
                for (record, console, key, life) in ready { service.boot(record, console, key, life, host) }
            }
        }
    }

    private func boot(
        _ record: BootRecord,
        _ console: SerialConsole,
        _ key: ResourceKey,
        _ life: UInt64,
        _ host: any VMHost
    ) {
        let guest = host.boot(record, console: console) { [weak self] in
            self?.withState { state in
                guard state.instances[key]?.life == life else { return }
                self?.end(key, deletes: false, isPreemption: false, nil, &state)
            }
        }
        withState { state in
            guard state.instances[key]?.life == life, !state.isStopped else {
                state.effects.append { _ in startThread { guest.powerOff(preempted: false, graceMilliseconds: 0) } }
                return
            }
            state.instances[key]?.guest = .booted(guest)
            if let ending = state.instances[key]?.ending { powerOff(guest, key, life, ending.isPreemption, &state) }
        }
    }

    private func end(after milliseconds: Int, _ key: ResourceKey, _ life: UInt64, isPreemption: Bool) {
        later(milliseconds) { service, state in
            guard let instance = state.instances[key], instance.life == life, instance.status == .running else {
                return
            }
            service.end(key, deletes: instance.isDeletedAtEnd, isPreemption: isPreemption, nil, &state)
        }
    }

    /// Stops a VM, or deletes it; an end that is under way may become a deletion.
    func end(
        _ key: ResourceKey,
        deletes: Bool,
        isPreemption: Bool,
        _ operation: ResourceKey?,
        _ state: inout ComputeState
    ) {
        guard let instance = state.instances[key] else { return }
        let operations = operation.map { [$0] } ?? []
        if instance.ending != nil {
            if deletes { state.instances[key]?.ending?.deletes = true }
            state.instances[key]?.ending?.operations += operations
            return
        }
        if instance.status == .terminated, !deletes {
            for operation in operations { later(options.times.change) { $1.finish(operation) } }
            return
        }
        let life = instance.life
        var ending = StoredInstance.Ending(
            deletes: deletes,
            isPreemption: isPreemption,
            operations: operations,
            waits: 1
        )
        switch instance.guest {
        case .none: break
        case .booting: ending.waits += 1
        case .booted(let guest):
            ending.waits += 1
            powerOff(guest, key, life, isPreemption, &state)
        }
        state.instances[key]?.status = .stopping
        state.instances[key]?.ending = ending
        let delay = operation == nil ? 0 : state.faults.delay(of: deletes ? "delete" : "stop")
        later(options.times.stopping + delay) { $0.endIsNearer(key, life, &$1) }
    }

    private func powerOff(
        _ guest: any BootedVM,
        _ key: ResourceKey,
        _ life: UInt64,
        _ isPreemption: Bool,
        _ state: inout ComputeState
    ) {
        let grace = options.times.grace
        state.effects.append { service in
            startThread {
                guest.powerOff(preempted: isPreemption, graceMilliseconds: grace)
                service.withState { service.endIsNearer(key, life, &$0) }
            }
        }
    }

    /// One of the things that an end waits for has happened.
    func endIsNearer(_ key: ResourceKey, _ life: UInt64, _ state: inout ComputeState) {
        guard let instance = state.instances[key], instance.life == life, var ending = instance.ending else { return }
        ending.waits -= 1
        state.instances[key]?.ending = ending
        guard ending.waits == 0 else { return }
        if ending.deletes {
            remove(key, &state)
        } else {
            state.releaseAddresses(of: instance, onlyExternal: true)
            var stopped = instance
            stopped.status = .terminated
            stopped.ending = nil
            stopped.guest = .none
            stopped.life = state.newID()
            stopped.json["lastStopTimestamp"] = .string(ComputeClock.text(Clock.microseconds()))
            stopped.forgetExternalAddresses()
            state.instances[key] = stopped
        }
        for operation in ending.operations { state.finish(operation) }
        // What the guest holds is released when the lock is free.
        state.effects.append { _ in withExtendedLifetime(instance) {} }
    }

    /// Forgets a VM, its addresses, and those of its disks that go with it.
    func remove(_ key: ResourceKey, _ state: inout ComputeState) {
        guard let instance = state.instances.removeValue(forKey: key) else { return }
        state.releaseAddresses(of: instance, onlyExternal: false)
        for disk in instance.json["disks"]?.array ?? [] {
            let name = ComputeLink.name(disk["source"]?.string ?? "")
            let diskKey = ResourceKey(project: key.project, scope: key.scope, name: name)
            if disk["autoDelete"]?.bool == true {
                state[.disks, diskKey] = nil
            } else {
                state.resources[.disks]?[diskKey]?["users"] = nil
            }
        }
        state.effects.append { _ in withExtendedLifetime(instance) {} }
    }
}

extension StoredInstance {
    /// Whether it is on its way up in this life.
    func isComingUp(in life: UInt64) -> Bool {
        self.life == life && (status == .provisioning || status == .staging) && ending == nil
    }

    mutating func forgetExternalAddresses() {
        guard let places = json["networkInterfaces"]?.array else { return }
        json["networkInterfaces"] = .array(places.map { $0.changingAccess { $0["natIP"] = nil } })
    }
}

extension JSONValue {
    /// A network interface with its access configurations changed.
    func changingAccess(_ change: (inout JSONObject) -> Void) -> JSONValue {
        guard var place = object, let configs = place["accessConfigs"]?.array else { return self }
        place["accessConfigs"] = .array(
            configs.map { config in
                var config = config.object ?? [:]
                change(&config)
                return .object(config)
            }
        )
        return .object(place)
    }
}

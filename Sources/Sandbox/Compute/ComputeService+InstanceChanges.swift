import Text

extension ComputeService {
    func start(_ key: ResourceKey, _ operation: ResourceKey, _ state: inout ComputeState) throws {
        var instance = try instance(key, state)
        switch instance.status {
        case .stopping: throw Refusal.notReady(instance.path)
        case .provisioning, .staging, .running:
            later(options.times.change) { $1.finish(operation) }
            return
        case .terminated: break
        }
        let delay = state.faults.delay(of: "start")
        let wait = options.times.provisioning + delay
        let quota = QuotaBook(options, state).failure(starting: instance)
        let room = roomFor(instance.machine.name, key.project, key.scope.name, count: 1, &state)
        if let failure = quota ?? room.failure {
            later(wait) { $1.finish(operation, [failure]) }
            return
        }
        instance.life = state.newID()
        instance.status = .provisioning
        instance.console = SerialConsole()
        instance.bytes = 0
        if let places = instance.json["networkInterfaces"]?.array {
            instance.json["networkInterfaces"] = .array(
                places.map { $0.changingAccess { $0["natIP"] = .string(state.externalAddress()) } }
            )
        }
        state.instances[key] = instance
        bringUp([(key, instance.life)], operations: [operation], delay: delay)
    }

    func stop(_ key: ResourceKey, _ operation: ResourceKey, _ state: inout ComputeState) throws {
        end(key, deletes: false, isPreemption: false, operation, &state)
    }

    /// Pulls the plug and boots again; the VM stays RUNNING.
    func reset(_ key: ResourceKey, _ operation: ResourceKey, _ state: inout ComputeState) throws {
        var instance = try instance(key, state)
        guard instance.status == .running else { throw Refusal.notReady(instance.path) }
        if case .booting = instance.guest { throw Refusal.notReady(instance.path) }
        let old = instance.guest
        instance.life = state.newID()
        instance.guest = .booting
        instance.bytes = 0
        state.instances[key] = instance
        let life = instance.life
        state.effects.append { service in
            startThread {
                if case .booted(let guest) = old { guest.powerOff(preempted: false, graceMilliseconds: 0) }
                service.withState { state in
                    service.bootAgain(key, life, &state)
                    state.finish(operation)
                }
            }
        }
    }

    /// The second half of a reset: nothing of the VM runs now.
    private func bootAgain(_ key: ResourceKey, _ life: UInt64, _ state: inout ComputeState) {
        guard let instance = state.instances[key], instance.life == life else { return }
        state.instances[key]?.guest = .none
        if instance.ending == nil { run([(key, life)], &state) } else { endIsNearer(key, life, &state) }
    }

    func setMetadata(_ key: ResourceKey, _ body: JSONValue?, _ operation: ResourceKey, _ state: inout ComputeState)
        throws
    {
        let metadata = try MetadataRules.checked(body, "resource")
        guard body?["fingerprint"] == state.instances[key]?.json["metadata"]?["fingerprint"] else {
            throw Refusal.stale("Supplied fingerprint does not match current metadata fingerprint.")
        }
        state.instances[key]?.json["metadata"] = .object(metadata)
        later(options.times.change + state.faults.delay(of: "setMetadata")) { $1.finish(operation) }
    }

    func setLabels(_ key: ResourceKey, _ body: JSONValue?, _ operation: ResourceKey, _ state: inout ComputeState) throws
    {
        let labels = try LabelRules.checked(body?["labels"], "resource.labels")
        guard body?["labelFingerprint"] == state.instances[key]?.json["labelFingerprint"] else {
            throw Refusal.stale("Labels fingerprint either invalid or resource labels have changed")
        }
        state.instances[key]?.json["labels"] = labels.members.isEmpty ? nil : .object(labels)
        state.instances[key]?.json["labelFingerprint"] = .string(fingerprint(.object(labels)))
        later(options.times.change + state.faults.delay(of: "setLabels")) { $1.finish(operation) }
    }

    func serialPort(_ call: JSONCall, _ key: ResourceKey) throws -> JSONValue {
        let port = call.parameter("port").flatMap { Int($0) } ?? 1
        guard (1...4).contains(port) else {
            throw Refusal.invalid("port", String(port), "Must be between 1 and 4.")
        }
        let instance = try withState { try self.instance(key, $0) }
        guard instance.status == .running || instance.status == .stopping else { throw Refusal.notReady(instance.path) }
        let start = call.parameter("start").flatMap { Int($0) } ?? 0
        let console = port == 1 ? instance.console : SerialConsole()
        let output = console.read(from: start)
        return [
            "kind": "compute#serialPortOutput", "selfLink": .string(key.link("instances") + "/serialPort"),
            "contents": .string(String(decoding: output.contents, as: UTF8.self)),
            "start": .string(String(output.start)), "next": .string(String(output.next)),
        ]
    }
}

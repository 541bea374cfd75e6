import Dispatch
public import Text

/// A VM as tests see it in a stand-in.
public struct ComputeVM: Sendable, Equatable {
    public let project: String
    /// The zone's bare name.
    public let zone: String
    public let name: String
    /// `RUNNING`, `TERMINATED` and so on.
    public let status: String
    /// The document that the API shows.
    public let document: JSONValue
}

extension ComputeService {
    /// All VMs there are, by zone and name.
    public var instances: [ComputeVM] {
        withState { $0.instances.values.sorted { $0.key < $1.key } }.map { instance in
            ComputeVM(
                project: instance.key.project,
                zone: instance.key.scope.name,
                name: instance.key.name,
                status: instance.status.rawValue,
                document: .object(instance.document)
            )
        }
    }

    /// The address by which the internet sees a VM that runs: its own, or that of the Cloud NAT of its network and region; nil
    /// when there is no such VM, or no way out for it.
    func externalAddress(ofVM name: String) -> String? {
        withState { state -> String? in
            guard let instance = state.instances.values.first(where: { $0.key.name == name }),
                let place = instance.json["networkInterfaces"]?.array?.first
            else { return nil }
            if let own = place["accessConfigs"]?.array?.first?["natIP"]?.string { return own }
            let region = ComputeScope.region(instance.key.scope.region)
            let nats = (state.resources[.routers] ?? [:]).filter { key, router in
                key.scope == region && router["network"] == place["network"]
            }.flatMap { $0.value["nats"]?.array ?? [] }
            guard let nat = nats.first else { return nil }
            let url = nat["natIps"]?.array?.first?.string
            let key = url.map { ResourceKey(project: instance.key.project, scope: region, name: ComputeLink.name($0)) }
            return key.flatMap { state[.addresses, $0]?["address"]?.string } ?? "nat of \(region.name)"
        }
    }

    /// How often each method was asked for, by its id; the parts of a batch count one by one.
    public var requestCounts: [String: Int] { withState { $0.counts } }

    /// What goes wrong; setting starts all counting again.
    public var faults: [ComputeFault] {
        get { withState { $0.faults.rules } }
        set {
            withState { state in
                state.faults = ComputeFaults(newValue, number: state.faults.number + 1)
                startSeries(&state)
            }
        }
    }

    /// Adds something that goes wrong; it counts from now on.
    public func add(_ fault: ComputeFault) {
        withState { state in
            state.faults.add(fault)
            startSeries(&state)
        }
    }

    /// Puts a VM into a zone, running and without a guest, as somebody else might have: the body of an `instances.insert`, whose
    /// missing disks are those of a small VM. Throws the refusal's message as a `SandboxError`.
    public func plant(_ body: JSONValue, project: String? = nil, zone: String) throws {
        var body = body.object ?? [:]
        let project = project ?? options.projects.first?.id ?? ""
        let image = "projects/debian-cloud/global/images/family/debian-12"
        if body["disks"] == nil {
            body["disks"] = [["boot": true, "autoDelete": true, "initializeParams": ["sourceImage": .string(image)]]]
        }
        if body["machineType"] == nil { body["machineType"] = .string("zones/\(zone)/machineTypes/e2-small") }
        let name = body["name"]?.string ?? ""
        let properties = JSONValue.object(body)
        do {
            let machine = try machineType(properties, field: "resource", zone: zone)
            try withState { state in
                let draft = try InstanceDraft(
                    properties,
                    field: "resource",
                    project: project,
                    zone: zone,
                    machine: machine,
                    networks: state.resources[.networks] ?? [:],
                    subnetworks: state.resources[.subnetworks] ?? [:]
                )
                let region = try region(of: .zone(zone))
                let hostname = body["hostname"]
                guard var instance = draft.makeInstance(name: name, hostname: hostname, region: region, in: &state)
                else {
                    throw SandboxError("no address is left for \(name)")
                }
                instance.status = .running
                instance.json["lastStartTimestamp"] = .string(ComputeClock.text(Clock.microseconds()))
                state.instances[instance.key] = instance
            }
        } catch let refusal as Refusal {
            guard case .bytes(let bytes) = refusal.response.body else { throw SandboxError("cannot plant \(name)") }
            throw SandboxError("cannot plant \(name): \(String(decoding: bytes, as: UTF8.self))")
        }
    }

    /// Ends all guests, without grace, and waits until they are gone; nothing more happens, and waiting requests are answered.
    public func stop() {
        timer.stop()
        let guests = withState { state in
            state.isStopped = true
            for waiter in state.waiters.values.joined() { waiter.signal() }
            return state.instances.values.compactMap { instance -> (any BootedVM)? in
                if case .booted(let guest) = instance.guest { guest } else { nil }
            }
        }
        for guest in guests { guest.powerOff(preempted: false, graceMilliseconds: 0) }
    }
}

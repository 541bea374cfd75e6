import Text

extension ComputeService {
    /// VMs to be made of one draft.
    struct Creation: Sendable {
        let draft: InstanceDraft
        let names: [String]
        let minimum: Int
        var hostnames: [String: JSONValue] = [:]
        let type: String
        let clientID: String?

        func key(_ name: String) -> ResourceKey {
            ResourceKey(project: draft.project, scope: .zone(draft.zone), name: name)
        }
    }

    /// The machine type that a request names; nil when it is a URL and only bare names are taken.
    func machineType(_ properties: JSONValue?, field: String, zone: String) throws -> ComputeCatalogue.MachineType {
        let named = properties?["machineType"]?.string ?? ""
        if named.isEmpty { throw Refusal.invalid("\(field).machineType", "", "Machine type must be specified.") }
        if let place = ComputeLink.part("zones", of: named), place != zone {
            throw Refusal.invalid("\(field).machineType", named, "Machine type must be in zone '\(zone)'.")
        }
        let name = ComputeLink.name(named)
        guard let machine = ComputeCatalogue.machineType(name) else {
            let why = "Machine type with name '\(name)' does not exist in zone '\(zone)'."
            throw Refusal.invalid("\(field).machineType", named, why)
        }
        return machine
    }

    func draft(
        _ properties: JSONValue,
        field: String,
        _ place: Place,
        _ machine: ComputeCatalogue.MachineType,
        _ state: ComputeState
    ) throws -> InstanceDraft {
        var properties = properties
        if var account = properties["serviceAccounts"]?.array?.first?.object, account["email"] == "default",
            var fields = properties.object
        {
            account["email"] = .string("\(place.project.number)-compute@developer.gserviceaccount.com")
            fields["serviceAccounts"] = [.object(account)]
            properties = .object(fields)
        }
        return try InstanceDraft(
            properties,
            field: field,
            project: place.project.id,
            zone: place.scope.name,
            machine: machine,
            networks: state.resources[.networks] ?? [:],
            subnetworks: state.resources[.subnetworks] ?? [:]
        )
    }

    func checkName(_ name: String, field: String) throws {
        guard wholeMatch(name, pattern: "[a-z]([-a-z0-9]{0,61}[a-z0-9])?") else {
            let why = "Must be a match of regex '(?:[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?)'"
            throw Refusal.invalid(field, name, why)
        }
    }

    /// Makes the VMs, as many as there is room and quota for, or none where that is fewer than the minimum; the operation that
    /// it returns ends when they run.
    func create(_ creation: Creation, _ state: inout ComputeState) throws -> ResourceKey {
        let draft = creation.draft
        let scope = ComputeScope.zone(draft.zone)
        for name in creation.names where state.instances[creation.key(name)] != nil {
            throw Refusal.exists(creation.key(name).path("instances"))
        }
        for name in creation.names {
            for disk in draft.disks {
                let key = creation.key(disk.name ?? name)
                if state[.disks, key] != nil { throw Refusal.exists(key.path("disks")) }
            }
        }
        let isBulk = creation.type == "bulkInsert"
        try checkOrgPolicies(draft, creation.names)
        let admission = admission(creation, &state)
        var (allowed, failure) = (admission.count, admission.failure)
        if isBulk, admission.form == .response, let failure, allowed < creation.minimum {
            throw Refusal.insufficientCapacity(failure.message)
        }
        if let failure, failure.code == "QUOTA_EXCEEDED", state.faults.quotaRefusesAtOnce ?? !isBulk,
            allowed < creation.minimum
        {
            throw Refusal.google(403, "quotaExceeded", failure.message)
        }
        let groupID = isBulk ? uuid(&state) : nil
        let target =
            isBulk ? "projects/\(draft.project)/\(scope.path)" : creation.key(creation.names[0]).path("instances")
        var progress = StoredOperation.BulkProgress(zone: draft.zone, target: creation.names.count)
        var made: [StoredInstance] = []
        let region = try region(of: scope)
        for name in creation.names.prefix(allowed) {
            let host = creation.hostnames[name]
            guard let instance = draft.makeInstance(name: name, hostname: host, region: region, in: &state) else {
                failure = .noAddress
                break
            }
            state.instances[instance.key] = instance
            made.append(instance)
        }
        progress.created = made.count
        progress.failed = creation.names.count - made.count
        let fails = made.count < creation.minimum
        if fails { progress.status = "ROLLING_BACK" }
        let operation = state.startOperation(
            creation.type,
            project: draft.project,
            scope: scope,
            target: target,
            targetID: isBulk ? nil : made.first?.id,
            clientID: creation.clientID,
            groupID: groupID,
            bulk: isBulk ? progress : nil
        )
        let delay = state.faults.delay(of: creation.type)
        if fails {
            let plan = RollBack(
                made: made,
                operation: operation,
                operations: isBulk ? insertOperations(creation, made, groupID, &state) : ([], []),
                cause: failure ?? .internalError,
                minimum: creation.minimum,
                summary: isBulk ? admission.summary : .none
            )
            rollBack(plan, after: options.times.provisioning + delay)
        } else {
            let operations = [operation] + (isBulk ? insertOperations(creation, made, groupID, &state).made : [])
            bringUp(made.map { ($0.key, $0.life) }, operations: operations, delay: delay)
        }
        return operation
    }

    /// The operations of a bulkInsert's single VMs: of those that are made, and of the others.
    private func insertOperations(
        _ creation: Creation,
        _ made: [StoredInstance],
        _ groupID: String?,
        _ state: inout ComputeState
    ) -> (made: [ResourceKey], others: [ResourceKey]) {
        let ids = Dictionary(made.map { ($0.key.name, $0.id) }) { first, _ in first }
        var keys: (made: [ResourceKey], others: [ResourceKey]) = ([], [])
        for name in creation.names {
            let key = creation.key(name)
            let operation = state.startOperation(
                "insert",
                project: key.project,
                scope: key.scope,
                target: key.path("instances"),
                targetID: ids[name],
                groupID: groupID
            )
            if ids[name] != nil { keys.made.append(operation) } else { keys.others.append(operation) }
        }
        return keys
    }

    /// How many of the VMs can be made, what stands against the rest, and how that is told.
    private func admission(_ creation: Creation, _ state: inout ComputeState) -> Room {
        let draft = creation.draft
        if let email = draft.others["serviceAccounts"]?.array?.first?["email"]?.string {
            if let known = options.serviceAccounts, !known.contains(email) {
                return Room(count: 0, failure: .noAccount(email), summary: .none)
            }
            let actAs = "iam.serviceAccounts.actAs"
            if state.faults.isDenied(actAs) || options.isDenied?(actAs) == true {
                return Room(count: 0, failure: .accountDenied(email), summary: .none)
            }
        }
        let count = creation.names.count
        let (allowed, failure) = QuotaBook(options, state).fit(draft, count: count)
        let room = roomFor(draft.machine.name, draft.project, draft.zone, count: allowed, &state)
        return room.count < allowed ? room : Room(count: allowed, failure: failure)
    }

    /// For how many VMs there is room.
    struct Room: Sendable {
        let count: Int
        let failure: OperationFailure?
        var form = ComputeFault.StockOut.Form.operation
        var summary = ComputeFault.MinimumSummary.first
    }

    /// For how many VMs a zone has machines.
    func roomFor(_ machine: String, _ project: String, _ zone: String, count: Int, _ state: inout ComputeState) -> Room
    {
        func stockOut(_ code: String, _ zones: [String]) -> OperationFailure {
            .stockOut(code: code, project: project, zone: zone, machineType: machine, zonesAvailable: zones)
        }
        if let rule = state.faults.stockOut(zone: zone, machineType: machine) {
            let failure = stockOut(rule.code, rule.zonesAvailable)
            return Room(count: 0, failure: failure, form: rule.form, summary: rule.summary)
        }
        guard let capacity = state.faults.capacity(of: zone) else { return Room(count: count, failure: nil) }
        let taken = state.instances.values.count { $0.key.scope.name == zone && $0.isUp }
        let room = max(0, capacity.vms - taken)
        if room >= count { return Room(count: count, failure: nil) }
        let code = "ZONE_RESOURCE_POOL_EXHAUSTED"
        return Room(count: room, failure: stockOut(code, []), summary: capacity.summary)
    }

    /// A request that made too few VMs.
    private struct RollBack: Sendable {
        let made: [StoredInstance]
        let operation: ResourceKey
        let operations: (made: [ResourceKey], others: [ResourceKey])
        let cause: OperationFailure
        let minimum: Int
        let summary: ComputeFault.MinimumSummary

        /// What the request's own operation says.
        var failures: [OperationFailure] {
            switch summary {
            case .first: [.belowMinimum(minimum), cause]
            case .alone: [.belowMinimum(minimum)]
            case .none: [cause]
            }
        }
    }

    /// Takes back the VMs that were made, and fails the operations.
    private func rollBack(_ plan: RollBack, after: Int) {
        later(after) { service, state in
            for instance in plan.made where state.instances[instance.key]?.life == instance.life {
                state.instances[instance.key]?.status = .stopping
            }
            for operation in plan.operations.others { state.finish(operation, [plan.cause]) }
            for operation in plan.operations.made { state.finish(operation) }
            service.later(service.options.times.stopping) { service, state in
                for instance in plan.made where state.instances[instance.key]?.life == instance.life {
                    service.remove(instance.key, &state)
                }
                state.operations[plan.operation]?.bulk?.deleted = plan.made.count
                state.finish(plan.operation, plan.failures)
            }
        }
    }

    func uuid(_ state: inout ComputeState) -> String {
        let digits = hex(withUnsafeBytes(of: (state.newID().bigEndian, state.newID().bigEndian)) { Array($0) })
        let parts = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32]
        return parts.map { String(digits.dropFirst($0.lowerBound).prefix($0.count)) }.joined(separator: "-")
    }
}

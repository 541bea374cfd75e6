import Text

extension ComputeService {
    func answerInstances(_ call: JSONCall, _ place: Place) throws -> JSONValue {
        let key = place.key(call.path("instance"))
        switch call.method.split(separator: ".").last {
        case "get": return .object(try withState { try self.instance(key, $0).document })
        case "insert": return try insert(call, place)
        case "bulkInsert": return try bulkInsert(call, place)
        case "delete": return try changeInstance(call, key, "delete") { try $0.delete(key, $1, &$2) }
        case "start": return try changeInstance(call, key, "start") { try $0.start(key, $1, &$2) }
        case "stop": return try changeInstance(call, key, "stop") { try $0.stop(key, $1, &$2) }
        case "reset": return try changeInstance(call, key, "reset") { try $0.reset(key, $1, &$2) }
        case "setMetadata":
            return try changeInstance(call, key, "setMetadata") { try $0.setMetadata(key, call.body, $1, &$2) }
        case "setLabels":
            return try changeInstance(call, key, "setLabels") { try $0.setLabels(key, call.body, $1, &$2) }
        case "getSerialPortOutput": return try serialPort(call, key)
        case "list": return try list(call, place, kind: "compute#instanceList", rows: Self.instanceRows)
        case "aggregatedList":
            return try aggregate(
                call,
                place,
                kind: "compute#instanceAggregatedList",
                collection: "instances",
                scopes: scopes(zones: true, regions: false, global: false),
                rows: Self.instanceRows
            )
        default: throw Refusal.google(501, "notImplemented", "The sandbox does not offer \(call.method).")
        }
    }

    private static func instanceRows(_ state: ComputeState) -> [ComputeListing.Row] {
        state.instances.values.map { ($0.key, $0.document) }
    }

    func instance(_ key: ResourceKey, _ state: ComputeState) throws -> StoredInstance {
        guard let instance = state.instances[key] else { throw Refusal.noSuchResource(key.path("instances")) }
        return instance
    }

    /// Carries out a change of one VM, as an operation.
    func changeInstance(
        _ call: JSONCall,
        _ key: ResourceKey,
        _ type: String,
        _ work: (ComputeService, ResourceKey, inout ComputeState) throws -> Void
    ) throws -> JSONValue {
        try change(call, key.project) { state, clientID in
            let instance = try self.instance(key, state)
            let operation = state.startOperation(
                type,
                project: key.project,
                scope: key.scope,
                target: instance.path,
                targetID: instance.id,
                clientID: clientID
            )
            do {
                try work(self, operation, &state)
            } catch {
                state.operations[operation] = nil
                throw error
            }
            return operation
        }
    }

    private func delete(_ key: ResourceKey, _ operation: ResourceKey, _ state: inout ComputeState) throws {
        if state.instances[key]?.json["deletionProtection"]?.bool == true {
            let why = "Resource cannot be deleted if it's protected against deletion."
            throw Refusal.google(400, "invalidResourceUsage", "Invalid resource usage: '\(why)'.")
        }
        end(key, deletes: true, isPreemption: false, operation, &state)
    }

    private func insert(_ call: JSONCall, _ place: Place) throws -> JSONValue {
        guard let body = call.body, let name = body["name"]?.string else {
            throw Refusal.google(400, "required", "Required field 'resource.name' not specified")
        }
        guard call.parameter("sourceInstanceTemplate") == nil, call.parameter("sourceMachineImage") == nil else {
            throw Refusal.google(501, "notImplemented", "The sandbox offers no templates and machine images.")
        }
        try checkName(name, field: "resource.name")
        let machine = try machineType(body, field: "resource", zone: place.scope.name)
        return try change(call, place.project.id) { state, clientID in
            let creation = Creation(
                draft: try self.draft(body, field: "resource", place, machine, state),
                names: [name],
                minimum: 1,
                hostnames: body["hostname"].map { [name: $0] } ?? [:],
                type: "insert",
                clientID: clientID
            )
            return try self.create(creation, &state)
        }
    }

    private func bulkInsert(_ call: JSONCall, _ place: Place) throws -> JSONValue {
        guard let body = call.body, let properties = body["instanceProperties"] else {
            throw Refusal.google(400, "required", "Required field 'resource.instanceProperties' not specified")
        }
        let field = "resource.instanceProperties"
        let bulk = try BulkRequest(body)
        let machine = try machineType(properties, field: field, zone: place.scope.name)
        let isBare = properties["machineType"]?.string == machine.name
        return try change(call, place.project.id) { state, clientID in
            let draft = try self.draft(properties, field: field, place, machine, state)
            guard isBare else {
                // The real service takes it and fails.
                let operation = state.startOperation(
                    "bulkInsert",
                    project: draft.project,
                    scope: place.scope,
                    target: "projects/\(draft.project)/\(place.scope.path)",
                    clientID: clientID
                )
                self.later(self.options.times.provisioning) { $1.finish(operation, [.internalError]) }
                return operation
            }
            let taken = state.instances.keys.filter { $0.project == draft.project && $0.scope == place.scope }
            let creation = Creation(
                draft: draft,
                names: try bulk.names(taken: taken.map(\.name)),
                minimum: bulk.minimum,
                hostnames: bulk.hostnames,
                type: "bulkInsert",
                clientID: clientID
            )
            return try self.create(creation, &state)
        }
    }
}

/// How many VMs a bulkInsert wants, and how they are called.
struct BulkRequest {
    let count: Int
    let minimum: Int
    let pattern: String?
    let given: [String]
    let hostnames: [String: JSONValue]

    init(_ body: JSONValue) throws {
        for name in ["sourceInstanceTemplate", "instanceFlexibilityPolicy", "locationPolicy"] where body[name] != nil {
            throw Refusal.invalid("resource.\(name)", "", "Not allowed for a zonal request in the sandbox.")
        }
        pattern = body["namePattern"]?.string
        let perInstance = body["perInstanceProperties"]?.object?.members ?? []
        given = perInstance.map(\.key)
        let pairs = perInstance.compactMap { field in field.value["hostname"].map { (field.key, $0) } }
        hostnames = Dictionary(pairs) { first, _ in first }
        guard let count = body["count"]?.integer ?? (given.isEmpty ? nil : given.count), (1...5_000).contains(count)
        else {
            let why = "Count must be between 1 and 5000."
            throw Refusal.invalid("resource.count", body["count"]?.text() ?? "", why)
        }
        self.count = count
        minimum = body["minCount"]?.integer ?? count
        guard (1...count).contains(minimum) else {
            throw Refusal.invalid("resource.minCount", String(minimum), "Min count must be between 1 and count.")
        }
        guard (pattern == nil) != given.isEmpty else {
            let why = "Exactly one of namePattern and perInstanceProperties must be specified."
            throw Refusal.invalid("resource.namePattern", pattern ?? "", why)
        }
        guard given.isEmpty || given.count == count else {
            let why = "The number of per-instance properties must be equal to count."
            throw Refusal.invalid("resource.perInstanceProperties", String(given.count), why)
        }
        for name in given where !wholeMatch(name, pattern: "[a-z]([-a-z0-9]{0,61}[a-z0-9])?") {
            let why = "Must be a match of regex '(?:[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?)'"
            throw Refusal.invalid("resource.perInstanceProperties", name, why)
        }
    }

    /// The names; those of a pattern go on after the largest number that there is.
    func names(taken: [String]) throws -> [String] {
        guard let pattern else { return given }
        let parts = pattern.split(separator: "#", omittingEmptySubsequences: false)
        let width = parts.count - 1
        guard (1...18).contains(width), parts.dropFirst().dropLast().allSatisfy(\.isEmpty) else {
            throw Refusal.invalid("resource.namePattern", pattern, "One run of 1 to 18 # is needed.")
        }
        let (head, tail) = (String(parts[0]), String(parts[width]))
        let numbers = taken.compactMap { name -> Int? in
            guard name.hasPrefix(head), name.hasSuffix(tail), name.count > head.count + tail.count else { return nil }
            return Int(name.dropFirst(head.count).dropLast(tail.count))
        }
        let first = (numbers.max() ?? 0) + 1
        return try (first..<first + count).map { number in
            let digits = String(number)
            let name = head + String(repeating: "0", count: max(0, width - digits.count)) + digits + tail
            guard wholeMatch(name, pattern: "[a-z]([-a-z0-9]{0,61}[a-z0-9])?") else {
                throw Refusal.invalid("resource.namePattern", pattern, "It makes no valid name: \(name)")
            }
            return name
        }
    }
}

import Text

extension ComputeService {
    /// What there is to say of a kind of resources that is kept as documents.
    struct Kind: Sendable {
        let collection: ComputeState.Collection
        /// The path parameter of its name.
        let parameter: String
        let list: String
        let scopes: [ComputeScope]
    }

    func kind(_ collection: String) -> Kind? {
        let zones = scopes(zones: true, regions: false, global: false)
        let regions = scopes(zones: false, regions: true, global: false)
        return switch collection {
        case "disks": Kind(collection: .disks, parameter: "disk", list: "compute#disk", scopes: zones)
        case "addresses":
            Kind(collection: .addresses, parameter: "address", list: "compute#address", scopes: [.global] + regions)
        case "routers": Kind(collection: .routers, parameter: "router", list: "compute#router", scopes: regions)
        case "subnetworks":
            Kind(collection: .subnetworks, parameter: "subnetwork", list: "compute#subnetwork", scopes: regions)
        case "networks": Kind(collection: .networks, parameter: "network", list: "compute#network", scopes: [.global])
        default: nil
        }
    }

    /// Requests about disks, addresses, routers, subnetworks and networks.
    func answerResources(_ call: JSONCall, _ place: Place, _ kind: Kind) throws -> JSONValue {
        let collection = kind.collection
        let rows = { (state: ComputeState) -> [ComputeListing.Row] in
            (state.resources[collection] ?? [:]).map { ($0.key, $0.value) }
        }
        let key = place.key(call.path(kind.parameter))
        switch call.method.split(separator: ".").last {
        case "get":
            return try withState { state in
                guard let json = state[collection, key] else {
                    throw Refusal.noSuchResource(key.path(collection.rawValue))
                }
                return .object(json)
            }
        case "list": return try list(call, place, kind: "\(kind.list)List", rows: rows)
        case "aggregatedList":
            return try aggregate(
                call,
                place,
                kind: "\(kind.list)AggregatedList",
                collection: collection.rawValue,
                scopes: kind.scopes,
                rows: rows
            )
        case "insert": return try insertResource(call, place, collection)
        case "delete":
            return try changeResource(call, key, collection, "delete") { state in
                try Self.checkUnused(key, collection, state)
                state[collection, key] = nil
                Self.markAddresses(&state)
            }
        default: return try changeNetworking(call, key, collection)
        }
    }

    private func insertResource(_ call: JSONCall, _ place: Place, _ collection: ComputeState.Collection) throws
        -> JSONValue
    {
        guard let body = call.body?.object, let name = body["name"]?.string else {
            throw Refusal.google(400, "required", "Required field 'resource.name' not specified")
        }
        try checkName(name, field: "resource.name")
        let key = place.key(name)
        return try change(call, place.project.id) { state, clientID in
            if state[collection, key] != nil { throw Refusal.exists(key.path(collection.rawValue)) }
            try self.checkOrgPolicies(key, collection, body)
            let metric = collection == .addresses ? "STATIC_ADDRESSES" : collection == .routers ? "ROUTERS" : nil
            let region = collection == .routers ? nil : key.scope.region
            if let metric,
                let failure = QuotaBook(self.options, state).failure(
                    adding: metric,
                    project: key.project,
                    region: region
                )
            {
                throw Refusal.google(403, "quotaExceeded", failure.message)
            }
            let now = JSONValue.string(ComputeClock.text(Clock.microseconds()))
            switch collection {
            case .addresses: state[collection, key] = try NetworkRules.address(key, body, now, &state)
            case .routers: state[collection, key] = try NetworkRules.router(key, body, now, &state)
            default: state[collection, key] = try Self.disk(key, call, body, now, &state)
            }
            Self.markAddresses(&state)
            let id = state[collection, key]?["id"]?.string.flatMap { UInt64($0) }
            return self.startChange("insert", key, collection, id, clientID, &state)
        }
    }

    /// Carries out a change of a resource that there is, as an operation.
    func changeResource(
        _ call: JSONCall,
        _ key: ResourceKey,
        _ collection: ComputeState.Collection,
        _ type: String,
        _ work: (inout ComputeState) throws -> Void
    ) throws -> JSONValue {
        try change(call, key.project) { state, clientID in
            guard let json = state[collection, key] else { throw Refusal.noSuchResource(key.path(collection.rawValue)) }
            try work(&state)
            let id = json["id"]?.string.flatMap { UInt64($0) }
            return self.startChange(type, key, collection, id, clientID, &state)
        }
    }

    private func startChange(
        _ type: String,
        _ key: ResourceKey,
        _ collection: ComputeState.Collection,
        _ id: UInt64?,
        _ clientID: String?,
        _ state: inout ComputeState
    ) -> ResourceKey {
        let operation = state.startOperation(
            type,
            project: key.project,
            scope: key.scope,
            target: key.path(collection.rawValue),
            targetID: id,
            clientID: clientID
        )
        later(options.times.change + state.faults.delay(of: type)) { $1.finish(operation) }
        return operation
    }

    private static func disk(
        _ key: ResourceKey,
        _ call: JSONCall,
        _ body: JSONObject,
        _ now: JSONValue,
        _ state: inout ComputeState
    ) throws -> JSONObject {
        let type = ComputeLink.name(body["type"]?.string ?? "pd-standard")
        guard ComputeCatalogue.diskTypes.contains(type) else {
            let why = "The referenced diskType resource cannot be found."
            throw Refusal.invalid("resource.type", body["type"]?.string ?? "", why)
        }
        let source = (body["sourceImage"]?.string ?? call.parameter("sourceImage"))
        let image = source.flatMap { ComputeCatalogue.image($0, project: key.project) }
        if let source, image == nil {
            let why = "The referenced image resource cannot be found."
            throw Refusal.invalid("resource.sourceImage", source, why)
        }
        let size = body["sizeGb"]?.integer ?? image?.sizeGB ?? 500
        guard size >= image?.sizeGB ?? 10 else {
            let why = "Disk size cannot be smaller than \(image?.sizeGB ?? 10) GB."
            throw Refusal.invalid("resource.sizeGb", String(size), why)
        }
        var json = DiskDocument.make(key, type: type, sizeGB: size, image: image, now, &state)
        let labels = try LabelRules.checked(body["labels"], "resource.labels")
        if !labels.members.isEmpty { json["labels"] = .object(labels) }
        json["labelFingerprint"] = .string(fingerprint(.object(labels)))
        return json
    }

    private static func checkUnused(
        _ key: ResourceKey,
        _ collection: ComputeState.Collection,
        _ state: ComputeState
    ) throws {
        let users = state[collection, key]?["users"]?.array ?? []
        guard let user = users.first?.string else { return }
        let word = collection == .disks ? "disk" : "address"
        throw Refusal.inUse(word, key.path(collection.rawValue), by: ComputeLink.path(user))
    }
}

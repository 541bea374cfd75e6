import Text

extension ComputeService {
    /// Changes of routers and subnetworks.
    func changeNetworking(_ call: JSONCall, _ key: ResourceKey, _ collection: ComputeState.Collection) throws
        -> JSONValue
    {
        let body = call.body?.object ?? [:]
        switch call.method {
        case "compute.routers.patch":
            return try changeResource(call, key, collection, "patch") { state in
                var merged = state[.routers, key] ?? [:]
                for field in body.members where !Self.fixed.contains(field.key) {
                    merged[field.key] = field.value == .null ? nil : field.value
                }
                try NetworkRules.checkNATs(merged, key, state)
                try self.checkOrgPolicies(key, .routers, merged)
                state[.routers, key] = merged
                Self.markAddresses(&state)
            }
        case "compute.subnetworks.setPrivateIpGoogleAccess":
            guard let isOn = body["privateIpGoogleAccess"] else {
                throw Refusal.google(400, "required", "Required field 'privateIpGoogleAccess' not specified")
            }
            return try changeResource(call, key, collection, "setPrivateIpGoogleAccess") { state in
                Self.changeSubnetwork(key, ["privateIpGoogleAccess": isOn], &state)
            }
        case "compute.subnetworks.patch":
            return try changeResource(call, key, collection, "patch") { state in
                guard body["fingerprint"] == state[.subnetworks, key]?["fingerprint"] else {
                    throw Refusal.stale("Invalid fingerprint.")
                }
                Self.changeSubnetwork(key, body, &state)
            }
        default: throw Refusal.google(501, "notImplemented", "The sandbox does not offer \(call.method).")
        }
    }

    /// Fields that a change leaves as they are.
    private static let fixed: Set<String> = ["kind", "id", "creationTimestamp", "name", "region", "selfLink"]

    private static func changeSubnetwork(_ key: ResourceKey, _ changes: JSONObject, _ state: inout ComputeState) {
        var subnetwork = state[.subnetworks, key] ?? [:]
        for field in changes.members where !fixed.contains(field.key) {
            subnetwork[field.key] = field.value == .null ? nil : field.value
        }
        subnetwork["fingerprint"] = nil
        subnetwork["fingerprint"] = .string(fingerprint(.object(subnetwork)))
        state[.subnetworks, key] = subnetwork
    }

    /// Says of each address who uses it: the routers whose NATs name it.
    static func markAddresses(_ state: inout ComputeState) {
        var users: [ResourceKey: [JSONValue]] = [:]
        for (key, router) in state.resources[.routers] ?? [:] {
            for nat in router["nats"]?.array ?? [] {
                for url in nat["natIps"]?.array ?? [] {
                    let name = ComputeLink.name(url.string ?? "")
                    let address = ResourceKey(project: key.project, scope: key.scope, name: name)
                    users[address, default: []].append(.string(key.link("routers")))
                }
            }
        }
        for key in (state.resources[.addresses] ?? [:]).keys {
            state[.addresses, key]?["users"] = users[key].map { .array($0) }
            state[.addresses, key]?["status"] = users[key] == nil ? "RESERVED" : "IN_USE"
        }
    }
}

/// What addresses and routers may be.
enum NetworkRules {
    static func address(_ key: ResourceKey, _ body: JSONObject, _ now: JSONValue, _ state: inout ComputeState) throws
        -> JSONObject
    {
        let type = body["addressType"]?.string ?? "EXTERNAL"
        guard type == "EXTERNAL", body["address"] == nil, body["purpose"] == nil, case .region = key.scope else {
            throw Refusal.google(501, "notImplemented", "The sandbox reserves external addresses of its choice only.")
        }
        var json: JSONObject = [
            "kind": "compute#address", "id": .string(String(state.newID())), "creationTimestamp": now,
            "name": .string(key.name), "description": body["description"] ?? "",
            "address": .string(state.externalAddress()), "status": "RESERVED",
            "region": .string(ComputeLink.url("projects/\(key.project)/\(key.scope.path)")),
            "selfLink": .string(key.link("addresses")), "networkTier": body["networkTier"] ?? "PREMIUM",
            "addressType": "EXTERNAL", "labelFingerprint": .string(fingerprint([:])),
        ]
        let labels = try LabelRules.checked(body["labels"], "resource.labels")
        if !labels.members.isEmpty { json["labels"] = .object(labels) }
        json["labelFingerprint"] = .string(fingerprint(.object(labels)))
        return json
    }

    static func router(_ key: ResourceKey, _ body: JSONObject, _ now: JSONValue, _ state: inout ComputeState) throws
        -> JSONObject
    {
        let url = body["network"]?.string ?? ""
        let network = ResourceKey(project: key.project, scope: .global, name: ComputeLink.name(url))
        guard state[.networks, network] != nil else {
            throw Refusal.invalid("resource.network", url, "The referenced network resource cannot be found.")
        }
        var json: JSONObject = [
            "kind": "compute#router", "id": .string(String(state.newID())), "creationTimestamp": now,
            "name": .string(key.name),
            "region": .string(ComputeLink.url("projects/\(key.project)/\(key.scope.path)")),
            "network": .string(network.link("networks")), "selfLink": .string(key.link("routers")),
        ]
        for field in body.members where field.key != "network" && field.key != "name" {
            json[field.key] = field.value
        }
        try checkNATs(json, key, state)
        return json
    }

    /// Judges the NATs of a router as it is to be.
    static func checkNATs(_ router: JSONObject, _ key: ResourceKey, _ state: ComputeState) throws {
        var names: Set<String> = []
        for (index, nat) in (router["nats"]?.array ?? []).enumerated() {
            let field = "resource.nats[\(index)]"
            let name = nat["name"]?.string ?? ""
            guard wholeMatch(name, pattern: "[a-z]([-a-z0-9]{0,61}[a-z0-9])?"), names.insert(name).inserted else {
                throw Refusal.invalid("\(field).name", name, "Must be a name that no other NAT of the router has.")
            }
            try checkAddresses(of: nat, field, key, state)
            try checkPorts(of: nat, field)
            guard nat["sourceSubnetworkIpRangesToNat"]?.string != nil else {
                let why = "Must specify the source subnetwork ranges."
                throw Refusal.invalid("\(field).sourceSubnetworkIpRangesToNat", "", why)
            }
        }
        // A network's subnetworks in a region can all be covered by one NAT only.
        let covering = ["ALL_SUBNETWORKS_ALL_IP_RANGES", "ALL_SUBNETWORKS_ALL_PRIMARY_IP_RANGES"]
        let own = (router["nats"]?.array ?? []).filter {
            covering.contains($0["sourceSubnetworkIpRangesToNat"]?.string ?? "")
        }
        let others = (state.resources[.routers] ?? [:]).filter { other, json in
            other != key && other.project == key.project && other.scope == key.scope
                && json["network"] == router["network"]
        }
        let foreign = others.values.flatMap { $0["nats"]?.array ?? [] }
        if own.count > 1 || (!own.isEmpty && !foreign.isEmpty) {
            let why = "Another NAT of this network and region covers the same subnetworks."
            throw Refusal.invalid("resource.nats", own[0]["name"]?.string ?? "", why)
        }
    }

    private static func checkAddresses(of nat: JSONValue, _ field: String, _ key: ResourceKey, _ state: ComputeState)
        throws
    {
        let isManual = nat["natIpAllocateOption"]?.string == "MANUAL_ONLY"
        guard isManual || nat["natIpAllocateOption"]?.string == "AUTO_ONLY" else {
            throw Refusal.invalid("\(field).natIpAllocateOption", "", "Must specify NAT IP allocate option.")
        }
        let urls = nat["natIps"]?.array?.compactMap(\.string) ?? []
        guard isManual != urls.isEmpty else {
            throw Refusal.invalid("\(field).natIps", "\(urls)", "MANUAL_ONLY needs addresses and AUTO_ONLY takes none.")
        }
        for url in urls {
            let region = ComputeLink.part("regions", of: url).map(ComputeScope.region)
            let address = ResourceKey(project: key.project, scope: region ?? key.scope, name: ComputeLink.name(url))
            guard region == key.scope, state[.addresses, address] != nil else {
                throw Refusal.invalid("\(field).natIps", url, "The referenced address resource cannot be found.")
            }
        }
    }

    private static func checkPorts(of nat: JSONValue, _ field: String) throws {
        let isDynamic = nat["enableDynamicPortAllocation"]?.bool == true
        let least = nat["minPortsPerVm"]?.integer ?? (isDynamic ? 32 : 64)
        let most = nat["maxPortsPerVm"]?.integer
        func isPower(_ number: Int) -> Bool { number > 0 && number & (number - 1) == 0 }
        if isDynamic {
            guard isPower(least), (32...32_768).contains(least) else {
                throw Refusal.invalid("\(field).minPortsPerVm", String(least), "Must be a power of 2, 32 to 32768.")
            }
            let limit = most ?? 65_536
            guard isPower(limit), limit <= 65_536, limit > least else {
                let why = "Must be a power of 2, greater than minPortsPerVm, at most 65536."
                throw Refusal.invalid("\(field).maxPortsPerVm", String(limit), why)
            }
            if nat["enableEndpointIndependentMapping"]?.bool == true {
                let why = "Endpoint-independent mapping cannot be used with dynamic port allocation."
                throw Refusal.invalid("\(field).enableEndpointIndependentMapping", "true", why)
            }
        } else if most != nil {
            throw Refusal.invalid("\(field).maxPortsPerVm", "\(most ?? 0)", "Needs dynamic port allocation.")
        } else if !(2...57_344).contains(least) {
            throw Refusal.invalid("\(field).minPortsPerVm", String(least), "Must be between 2 and 57344.")
        }
    }
}

import Sandbox
import Testing
import Text

@Suite struct ComputeNetworkTests {
    private static let region = "/compute/v1/projects/p-1/regions/asia-northeast1"

    private static func nat(_ changes: [(String, JSONValue)] = []) -> JSONValue {
        var nat: JSONObject = [
            "name": "tick-data-nat", "natIpAllocateOption": "MANUAL_ONLY",
            "natIps": ["projects/p-1/regions/asia-northeast1/addresses/tick-data-egress"],
            "sourceSubnetworkIpRangesToNat": "ALL_SUBNETWORKS_ALL_IP_RANGES", "minPortsPerVm": 64,
            "maxPortsPerVm": 1_024, "enableDynamicPortAllocation": true, "enableEndpointIndependentMapping": false,
        ]
        for (name, value) in changes { nat[name] = value == .null ? nil : value }
        return .object(nat)
    }

    private static func router(_ nats: JSONValue, _ name: String = "tick-data-router") -> JSONValue {
        ["name": .string(name), "network": "global/networks/default", "nats": nats]
    }

    private func call(_ world: ComputeWorld, _ method: String, _ path: String, _ body: JSONValue? = nil) throws
        -> Answer
    {
        guard let body else { return try world.client.call(method, Self.region + path) }
        return try world.client.call(method, Self.region + path, json: body)
    }

    @Test func aFleetSharesOneAddress() throws {
        let world = try ComputeWorld()
        let address: JSONValue = ["name": "tick-data-egress", "networkTier": "PREMIUM", "addressType": "EXTERNAL"]
        let reserved = try world.done(try call(world, "POST", "/addresses", address), in: Self.region)
        #expect(
            reserved["operationType"] == "insert" && reserved["region"]?.string?.hasSuffix("asia-northeast1") == true
        )
        #expect(try call(world, "GET", "/addresses/tick-data-egress").json["status"] == "RESERVED")
        #expect(try call(world, "POST", "/addresses", address).status == 409)
        _ = try world.done(try call(world, "POST", "/routers", Self.router([Self.nat()])), in: Self.region)
        #expect(try call(world, "GET", "/routers/tick-data-router").json["nats"]?.array?.first == Self.nat())
        let used = try call(world, "GET", "/addresses/tick-data-egress").json
        #expect(used["status"] == "IN_USE" && used["users"]?.array?.count == 1)
        let quotas = try call(world, "GET", "").json["quotas"]?.array ?? []
        #expect(quotas.first { $0["metric"] == "STATIC_ADDRESSES" }?["usage"] == .double(1))
        let inUse = try call(world, "DELETE", "/addresses/tick-data-egress")
        #expect(inUse.status == 400)
        #expect(
            inUse.json["error"]?["message"]
                == "The address resource 'projects/p-1/regions/asia-northeast1/addresses/tick-data-egress' is already being used by 'projects/p-1/regions/asia-northeast1/routers/tick-data-router'"
        )
        _ = try world.done(try call(world, "PATCH", "/routers/tick-data-router", ["nats": []]), in: Self.region)
        #expect(try call(world, "GET", "/addresses/tick-data-egress").json["status"] == "RESERVED")
        _ = try world.done(try call(world, "DELETE", "/routers/tick-data-router"), in: Self.region)
        _ = try world.done(try call(world, "DELETE", "/addresses/tick-data-egress"), in: Self.region)
        #expect(try call(world, "DELETE", "/addresses/tick-data-egress").status == 404)
        #expect(try call(world, "GET", "/routers").json["items"] == nil)
        #expect(world.recorder.violations.isEmpty)
    }

    @Test(arguments: [
        ("natIps", #"["projects/p-1/regions/asia-northeast1/addresses/none"]"#, "address resource cannot be found"),
        ("natIps", "null", "MANUAL_ONLY needs addresses"), ("minPortsPerVm", "100", "power of 2"),
        ("maxPortsPerVm", "64", "greater than minPortsPerVm"),
        ("enableEndpointIndependentMapping", "true", "cannot be used with dynamic"),
        ("enableDynamicPortAllocation", "false", "Needs dynamic port allocation"),
        ("sourceSubnetworkIpRangesToNat", "null", "source subnetwork ranges"),
        ("name", #""Nat""#, "body.nats[0].name"),
    ])
    func natsHaveRules(field: String, value: String, words: String) throws {
        let world = try ComputeWorld()
        let value = try JSONValue(parsing: value)
        _ = try world.done(try call(world, "POST", "/addresses", ["name": "tick-data-egress"]), in: Self.region)
        let answer = try call(world, "POST", "/routers", Self.router([Self.nat([(field, value)])]))
        #expect(answer.status == 400 && answer.text.contains(words), "\(answer.text)")
        #expect(try call(world, "GET", "/routers").json["items"] == nil)
    }

    @Test func oneNATCoversANetworkInARegion() throws {
        let world = try ComputeWorld()
        let auto: [(String, JSONValue)] = [("natIpAllocateOption", "AUTO_ONLY"), ("natIps", .null)]
        _ = try world.done(try call(world, "POST", "/routers", Self.router([Self.nat(auto)], "first")), in: Self.region)
        let second = try call(world, "POST", "/routers", Self.router([Self.nat(auto)], "second"))
        #expect(second.status == 400 && second.text.contains("covers the same subnetworks"))
        let elsewhere = "/compute/v1/projects/p-1/regions/us-central1/routers"
        #expect(try world.client.call("POST", elsewhere, json: Self.router([Self.nat(auto)], "second")).status == 200)
        let all = try world.get("/aggregated/routers", in: ComputeWorld.project).json
        #expect(
            all["items"]?.object?.members.compactMap { $0.value["routers"]?.array?.first?["name"]?.string } == [
                "first", "second",
            ]
        )
    }

    @Test func privateAccessIsSwitchedOn() throws {
        let world = try ComputeWorld()
        let before = try call(world, "GET", "/subnetworks/default").json
        #expect(before["privateIpGoogleAccess"] == false && before["ipCidrRange"] == "10.146.0.0/20")
        let path = "/subnetworks/default/setPrivateIpGoogleAccess"
        _ = try world.done(try call(world, "POST", path, ["privateIpGoogleAccess": true]), in: Self.region)
        let after = try call(world, "GET", "/subnetworks/default").json
        #expect(after["privateIpGoogleAccess"] == true && after["fingerprint"] != before["fingerprint"])
        let patch: JSONValue = ["privateIpGoogleAccess": false, "fingerprint": before["fingerprint"] ?? ""]
        #expect(try call(world, "PATCH", "/subnetworks/default", patch).status == 412)
        let network = try world.get("/global/networks/default", in: ComputeWorld.project).json
        #expect(network["autoCreateSubnetworks"] == true && network["subnetworks"]?.array?.count == 2)
    }

    @Test func disksOutliveTheirVMWhereTheyAreTo() throws {
        let world = try ComputeWorld()
        let image: JSONValue = "projects/debian-cloud/global/images/family/debian-12"
        try world.bulk(
            ["a"],
            [("disks", [["boot": true, "autoDelete": false, "initializeParams": ["sourceImage": image]]])]
        )
        let disk = "\(ComputeWorld.zone)/disks/a"
        #expect(try world.client.call("DELETE", disk).text.contains("is already being used by"))
        _ = try world.done(try world.client.call("DELETE", "\(ComputeWorld.zone)/instances/a"))
        #expect(try world.client.call("GET", disk).json["users"] == nil)
        _ = try world.done(try world.client.call("DELETE", disk))
        #expect(try world.client.call("GET", disk).status == 404)
        let made = try world.post(
            "/disks",
            ["name": "own", "sizeGb": "20", "type": "zones/asia-northeast1-a/diskTypes/pd-ssd"]
        )
        _ = try world.done(made)
        let all = try world.get("/aggregated/disks", in: ComputeWorld.project).json
        #expect(all["items"]?["zones/asia-northeast1-a"]?["disks"]?.array?.first?["sizeGb"] == "20")
    }
}

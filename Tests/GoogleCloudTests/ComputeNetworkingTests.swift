import Testing
import Transport

@testable import GoogleCloud

@Suite("Compute Engine: project, networking, disks")
struct ComputeNetworkingTests {
    private static let done = ScriptedCompute.Answer.json(
        #"{"name": "op-1", "region": "c/regions/r-1", "status": "DONE"}"#
    )
    private static let notFound = ScriptedCompute.Answer.status(
        404,
        #"{"error": {"errors": [{"reason": "notFound"}]}}"#
    )
    private let id = "requestId=\(someIDText)"

    @Test("a region tells its zones and quotas, the project its own quotas, a machine type its size")
    func project() async throws {
        let google = ScriptedCompute(
            .json(
                """
                {"name": "r-1", "zones": ["https://c/zones/r-1-a", "https://c/zones/r-1-c"],
                 "quotas": [{"metric": "CPUS", "limit": 24, "usage": 2.5}, {"metric": "NEW"}]}
                """
            ),
            .json(#"{"name": "p-1", "quotas": [{"metric": "CPUS_ALL_REGIONS", "limit": 32.0}]}"#),
            .json(#"{"name": "e2-highmem-2", "guestCpus": 2, "memoryMb": 16384}"#),
            Self.notFound
        )
        let client = google.client()
        #expect(
            try await client.region("r-1")
                == ComputeRegion(
                    name: "r-1",
                    zones: ["r-1-a", "r-1-c"],
                    quotas: [ComputeQuota(metric: "CPUS", limit: 24, usage: 2.5)]
                )
        )
        #expect(try await client.projectQuotas() == [ComputeQuota(metric: "CPUS_ALL_REGIONS", limit: 32, usage: 0)])
        #expect(
            try await client.machineType(zone: "r-1-a", name: "e2-highmem-2")
                == ComputeMachineType(name: "e2-highmem-2", vCPUs: 2, memoryMegabytes: 16_384)
        )
        #expect(try await client.machineType(zone: "r-1-a", name: "nix") == nil)
        #expect(
            google.asked == [
                "GET projects/p-1/regions/r-1", "GET projects/p-1",
                "GET projects/p-1/zones/r-1-a/machineTypes/e2-highmem-2",
                "GET projects/p-1/zones/r-1-a/machineTypes/nix",
            ]
        )
        #expect(ComputeRegion.name(ofZone: "asia-northeast1-a") == "asia-northeast1")
    }

    @Test("addresses are reserved, read and given back")
    func addresses() async throws {
        let google = ScriptedCompute(
            Self.done,
            .json(
                #"{"name": "a", "region": "c/regions/r-1", "address": "203.0.113.9", "status": "IN_USE", "users": ["c/routers/r"]}"#
            ),
            Self.notFound,
            .json(#"{"items": {"regions/r-1": {"addresses": [{"name": "a", "region": "c/regions/r-1"}]}}}"#),
            Self.done
        )
        let client = google.client()
        #expect(try await client.insertAddress(region: "r-1", name: "a", requestID: someID).scope == .region("r-1"))
        #expect(
            try await client.address(region: "r-1", name: "a")
                == ComputeAddress(name: "a", region: "r-1", address: "203.0.113.9", users: ["r"])
        )
        #expect(try await client.address(region: "r-1", name: "b") == nil)
        #expect(
            try await client.addresses(filter: "name=a") == [ComputeAddress(name: "a", region: "r-1", address: "")]
        )
        _ = try await client.deleteAddress(region: "r-1", name: "a", requestID: someID)
        let path = "projects/p-1/regions/r-1/addresses"
        let body = #"{"description":"The address from which the VMs of the tick data kit are seen","name":"a"}"#
        #expect(
            google.asked == [
                "POST \(path)?\(id) \(body)", "GET \(path)/a", "GET \(path)/b",
                "GET projects/p-1/aggregated/addresses?maxResults=500&filter=name%3Da", "DELETE \(path)/a?\(id)",
            ]
        )
    }

    @Test("routers with a NAT are made, read and deleted")
    func routers() async throws {
        let google = ScriptedCompute(
            Self.done,
            .json(
                """
                {"items": [{"name": "r", "region": "c/regions/r-1", "network": "c/networks/n", "nats": [
                 {"name": "one", "natIpAllocateOption": "MANUAL_ONLY", "natIps": ["c/addresses/a"],
                  "sourceSubnetworkIpRangesToNat": "ALL_SUBNETWORKS_ALL_PRIMARY_IP_RANGES"},
                 {"name": "two", "natIpAllocateOption": "AUTO_ONLY", "sourceSubnetworkIpRangesToNat": "LIST_OF_SUBNETWORKS",
                  "subnetworks": [{"name": "c/subnetworks/s", "sourceIpRangesToNat": ["ALL_IP_RANGES"]}]},
                 {"name": "three", "type": "PRIVATE", "sourceSubnetworkIpRangesToNat": "ALL_SUBNETWORKS_ALL_IP_RANGES"}]}]}
                """
            ),
            .json(#"{"name": "r", "region": "c/regions/r-1", "network": "c/networks/n"}"#),
            .json(#"{"items": {"regions/r-1": {"routers": [{"name": "r", "region": "c/regions/r-1"}]}}}"#),
            Self.done
        )
        let client = google.client()
        _ = try await client.insertRouter(
            region: "r-1",
            name: "r",
            network: "n",
            nat: "gate",
            address: "a",
            requestID: someID
        )
        let nats = try await client.routers(region: "r-1").flatMap(\.nats)
        #expect(
            nats == [
                .init(name: "one", addresses: ["a"]), .init(name: "two", addresses: nil, coverage: .only(["s"])),
                .init(name: "three", addresses: nil, isPublic: false),
            ]
        )
        #expect(nats.map { $0.covers("s") } == [true, true, false])
        #expect(nats.map { $0.covers("t") } == [true, false, false])
        #expect(
            try await client.router(region: "r-1", name: "r")
                == ComputeRouter(name: "r", region: "r-1", network: "n", nats: [])
        )
        #expect(try await client.routers(filter: "name=r").map(\.region) == ["r-1"])
        _ = try await client.deleteRouter(region: "r-1", name: "r", requestID: someID)
        let path = "projects/p-1/regions/r-1/routers"
        let root = "https://www.googleapis.com/compute/v1/projects/p-1"
        #expect(
            google.asked == [
                """
                POST \(path)?\(id) {"name":"r","nats":[{"enableDynamicPortAllocation":true,\
                "enableEndpointIndependentMapping":false,"maxPortsPerVm":1024,"minPortsPerVm":64,"name":"gate",\
                "natIpAllocateOption":"MANUAL_ONLY","natIps":["\(root)/regions/r-1/addresses/a"],\
                "sourceSubnetworkIpRangesToNat":"ALL_SUBNETWORKS_ALL_IP_RANGES"}],"network":"\(root)/global/networks/n"}
                """,
                "GET \(path)?maxResults=500", "GET \(path)/r",
                "GET projects/p-1/aggregated/routers?maxResults=500&filter=name%3Dr", "DELETE \(path)/r?\(id)",
            ]
        )
    }

    @Test("networks and subnetworks are read; Private Google Access is switched")
    func networks() async throws {
        let google = ScriptedCompute(
            .json(
                #"{"name": "n", "autoCreateSubnetworks": true, "subnetworks": ["c/projects/p-1/regions/r-1/subnetworks/s"]}"#
            ),
            .json(
                #"{"name": "s", "network": "c/networks/n", "region": "c/regions/r-1", "privateIpGoogleAccess": false}"#
            ),
            Self.notFound,
            Self.done
        )
        let client = google.client()
        #expect(
            try await client.network("n")
                == ComputeNetwork(
                    name: "n",
                    hasAutomaticSubnetworks: true,
                    subnetworks: [.init(region: "r-1", name: "s")]
                )
        )
        #expect(
            try await client.subnetwork(region: "r-1", name: "s")
                == ComputeSubnetwork(name: "s", region: "r-1", network: "n", hasPrivateGoogleAccess: false)
        )
        #expect(try await client.subnetwork(region: "r-1", name: "t") == nil)
        _ = try await client.setPrivateIPGoogleAccess(true, region: "r-1", subnetwork: "s", requestID: someID)
        let path = "projects/p-1/regions/r-1/subnetworks"
        #expect(
            google.asked == [
                "GET projects/p-1/global/networks/n", "GET \(path)/s", "GET \(path)/t",
                "POST \(path)/s/setPrivateIpGoogleAccess?\(id) {\"privateIpGoogleAccess\":true}",
            ]
        )
    }

    @Test("disks are listed with their users and deleted")
    func disks() async throws {
        let google = ScriptedCompute(
            .json(
                """
                {"items": {"zones/z-1": {"disks": [{"name": "d", "zone": "c/zones/z-1", "sizeGb": "100",
                 "labels": {"tick-kit": "x"}, "users": ["c/instances/v"], "creationTimestamp": "2023-05-24T00:00:00Z"}]},
                 "regions/r-1": {"warning": {"code": "NO_RESULTS_ON_PAGE"}}}}
                """
            ),
            .json(#"{"name": "op-2", "zone": "c/zones/z-1", "status": "RUNNING"}"#)
        )
        #expect(
            try await google.client().disks(filter: "labels.tick-kit:*") == [
                ComputeDisk(name: "d", zone: "z-1", labels: ["tick-kit": "x"], users: ["v"])
            ]
        )
        #expect(try await google.client().deleteDisk(zone: "z-1", name: "d", requestID: someID).scope == .zone("z-1"))
        #expect(
            google.asked == [
                "GET projects/p-1/aggregated/disks?maxResults=500&filter=labels.tick-kit%3A%2A",
                "DELETE projects/p-1/zones/z-1/disks/d?\(id)",
            ]
        )
    }
}

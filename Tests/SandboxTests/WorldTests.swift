import Glibc
@testable import Sandbox
import Testing
import Text

private let zone = "/compute/v1/projects/central-element-323112/zones/asia-northeast1-a"

/// Compute Engine, the processes behind its VMs and the services that these reach, all together.
@Suite(.timeLimit(.minutes(30))) struct WorldTests {
    private func world(_ adjust: (inout SandboxEnvironment.Options) -> Void = { _ in }) throws -> TestWorld {
        let test = try TestWorld { options in
            options.machines.programs = "/there"
            options.tardis.size = .rows(2_500)
            adjust(&options)
        }
        test.world.machines.configure { $0.environment = [("TARDIS_BASE_URL", test.world.tardisServer.url)] }
        return test
    }

    private func create(_ test: TestWorld, _ name: String, _ script: String, deletes: Bool = true) throws
        -> ControlClient
    {
        let client = try test.control(test.world.computeServer)
        let image = "projects/ubuntu-os-cloud/global/images/family/ubuntu-2204-lts"
        let body: JSONValue = [
            "name": .string(name), "machineType": "zones/asia-northeast1-a/machineTypes/e2-highmem-2",
            "disks": [["boot": true, "autoDelete": true, "initializeParams": ["sourceImage": .string(image)]]],
            "networkInterfaces": [["network": "global/networks/default"]],
            "metadata": ["items": [["key": "startup-script", "value": .string("#!/bin/sh\n\(script)\n")]]],
            "scheduling": [
                "provisioningModel": "SPOT", "preemptible": true, "automaticRestart": false,
                "instanceTerminationAction": deletes ? "DELETE" : "STOP",
            ],
            "serviceAccounts": [
                [
                    "email": "1060025368044-compute@developer.gserviceaccount.com",
                    "scopes": [.string(AccessTokens.cloudPlatform)],
                ]
            ],
        ]
        let answer = try client.post("\(zone)/instances", body)
        #expect(answer.status == 200, "\(answer.text)")
        return client
    }

    /// What a VM wrote to a file in its home folder; nil before it has.
    private func file(_ name: String, of vm: String, _ test: TestWorld) -> String? {
        let machines = "\(test.directory)/store.machines"
        let home = Files.list(machines).first { $0.hasPrefix("\(vm)-") } ?? ""
        return (try? Files.read("\(machines)/\(home)/\(name)")).map { String(decoding: $0, as: UTF8.self) }
    }

    private func status(_ test: TestWorld, _ name: String) -> String? {
        test.world.compute.instances.first { $0.name == name }?.status
    }

    @Test func aVMThatIsDoneStaysUpUntilItIsTurnedOffOrDeletesItself() throws {
        let test = try world()
        try test.grant("roles/compute.instanceAdmin.v1")
        let me = "http://$GCE_METADATA_HOST/computeMetadata/v1/instance"
        let get = "curl -s -H 'Metadata-Flavor: Google'"
        _ = try create(test, "idles", "echo done >end")
        _ = try create(test, "stops", "shutdown -h now")
        _ = try create(
            test,
            "goes",
            """
            token=$(\(get) \(me)/service-accounts/default/token | sed 's/.*"access_token": *"\\([^"]*\\)".*/\\1/')
            curl -s -X DELETE -H "Authorization: Bearer $token" "\(test.world.computeServer.url)\(zone)/instances/goes"
            """
        )
        waitUntil { status(test, "goes") == nil && status(test, "stops") == "TERMINATED" }
        waitUntil { file("end", of: "idles", test) == "done\n" && test.world.machines.runningCount == 0 }
        #expect(status(test, "idles") == "RUNNING")
        #expect(test.violations.isEmpty)
    }

    @Test func stoppingAndStartingEndsAndRunsTheScriptAgain() throws {
        let test = try world()
        let client = try create(test, "vm", "echo run >>runs; trap 'exit 0' TERM; sleep 1000 & wait")
        waitUntil { file("runs", of: "vm", test) == "run\n" }
        #expect(try client.post("\(zone)/instances/vm/stop").status == 200)
        waitUntil { status(test, "vm") == "TERMINATED" }
        #expect(test.world.machines.runningCount == 0)
        #expect(try client.post("\(zone)/instances/vm/start").status == 200)
        waitUntil { file("runs", of: "vm", test) == "run\nrun\n" }
        #expect(status(test, "vm") == "RUNNING")
    }

    @Test func aVMIsPreemptedAfterSoManyBytes() throws {
        let get = "curl -s -H 'User-Agent: test' -o got -w '%{size_download}\\n' "
        let url = "$TARDIS_BASE_URL/v1/binance/trades/2023/06/01/BTCUSDT.csv.gz"
        let test = try world { options in
            options.computeFaults = [(try? ComputeFault(parsing: "preempt vm=vm bytes=200K"))].compactMap { $0 }
        }
        let script = "trap 'echo told >>end; exit 0' TERM; while :; do \(get) \(url) >>sizes; done"
        _ = try create(test, "vm", script, deletes: false)
        waitUntil { status(test, "vm") == "TERMINATED" }
        #expect(file("end", of: "vm", test) == "told\n")
        let total = (file("sizes", of: "vm", test) ?? "").split(separator: "\n").compactMap { Int($0) }.reduce(0, +)
        #expect(total > 0)
        #expect(test.violations.isEmpty)
    }

    @Test func keyedDaysGoThroughTheVMsOwnPortsToo() throws {
        let get = "curl -sL -H 'User-Agent: test' -H 'Authorization: Bearer the-key' "
        let test = try world()
        let path = "v1/binance/trades/2023/05/23/BTCUSDT.csv.gz"
        _ = try create(test, "vm", "\(get) -o got -w '%{http_code}' $TARDIS_BASE_URL/\(path) >status; shutdown -h now")
        waitUntil { status(test, "vm") == "TERMINATED" }
        #expect(file("status", of: "vm", test) == "200")
        let served = test.world.recorder.requests.map(\.service)
        #expect(served.contains("tardis") && served.contains("wasabi"))
    }

    @Test func aVMIsSeenByItsOwnAddressOrItsNATs() throws {
        let test = try world { $0.machines.programs = nil }
        let client = try test.control(test.world.computeServer)
        let compute = test.world.compute
        let nat: JSONValue = [["network": "global/networks/default"]]
        let own: JSONValue = [["network": "global/networks/default", "accessConfigs": [["type": "ONE_TO_ONE_NAT"]]]]
        for (name, place) in [("vm-0", nat), ("vm-1", nat), ("vm-2", own)] {
            let answer = try client.post(
                "\(zone)/instances",
                ComputeWorld.body(
                    name,
                    [
                        ("networkInterfaces", place), ("serviceAccounts", []),
                    ]
                )
            )
            #expect(answer.status == 200, "\(answer.text)")
        }
        waitUntil { compute.instances.count { $0.status == "RUNNING" } == 3 }
        #expect(compute.externalAddress(ofVM: "vm-0") == nil && compute.externalAddress(ofVM: "no-such") == nil)
        #expect(compute.externalAddress(ofVM: "vm-2")?.hasPrefix("34.84.") == true)
        let region = "/compute/v1/projects/central-element-323112/regions/asia-northeast1"
        #expect(try client.post("\(region)/addresses", ["name": "egress"]).status == 200)
        let router: JSONValue = [
            "name": "router", "network": "global/networks/default",
            "nats": [
                [
                    "name": "nat", "natIpAllocateOption": "MANUAL_ONLY",
                    "natIps": [.string("projects/central-element-323112/regions/asia-northeast1/addresses/egress")],
                    "sourceSubnetworkIpRangesToNat": "ALL_SUBNETWORKS_ALL_IP_RANGES",
                ]
            ],
        ]
        let made = try client.post("\(region)/routers", router)
        #expect(made.status == 200, "\(made.text)")
        let address = try client.get("\(region)/addresses/egress").json["address"]?.string
        #expect(address != nil && compute.externalAddress(ofVM: "vm-0") == address)
        #expect(compute.externalAddress(ofVM: "vm-1") == address && compute.externalAddress(ofVM: "vm-2") != address)
    }

    @Test func computeIsClosedWhileItsAPIIsOff() throws {
        let test = try world()
        let client = try test.control(test.world.computeServer)
        test.world.project.setEnabled("compute.googleapis.com", false)
        let answer = try client.get("\(zone)/instances")
        #expect(answer.status == 403 && answer.message.hasPrefix("Compute Engine API has not been used in project"))
        #expect(answer.json["error"]?["errors"]?.array?.first?["reason"] == "accessNotConfigured")
        #expect(answer.errorWord == "PERMISSION_DENIED" && answer.reason == "SERVICE_DISABLED")
        client.token = "none"
        #expect(try client.get("\(zone)/instances").status == 401)
        client.token = test.world.operatorToken
        test.world.project.setEnabled("compute.googleapis.com", true)
        #expect(try client.get("\(zone)/instances").status == 200)
    }
}

import Testing
import Transport

@testable import GoogleCloud

@Suite("Compute Engine: VMs")
struct ComputeInstancesTests {
    private let list = "projects/p-1/aggregated/instances?maxResults=500"

    @Test("all pages of all zones are read, what a VM says is understood, bare names come out of URLs")
    func pages() async throws {
        let google = ScriptedCompute(
            .json(
                """
                {"items": {
                  "zones/asia-northeast1-a": {"instances": [{
                    "id": "18446744073709551615", "name": "tick-data-vm-0", "status": "RUNNING",
                    "zone": "https://www.googleapis.com/compute/v1/projects/p-1/zones/asia-northeast1-a",
                    "machineType": "https://www.googleapis.com/compute/v1/projects/p-1/zones/asia-northeast1-a/machineTypes/e2-highmem-2",
                    "labels": {"tick-kit": "0-1-0"}, "metadata": {"items": [{"key": "tick-dates", "value": "2023-05-23"}, {"key": "empty"}]},
                    "scheduling": {"provisioningModel": "SPOT"}, "creationTimestamp": "2023-05-24T01:02:03.456-07:00",
                    "networkInterfaces": [{"accessConfigs": [{"natIP": "203.0.113.5"}, {}]}]}]},
                  "zones/us-central1-a": {"warning": {"code": "NO_RESULTS_ON_PAGE", "message": "empty"}}},
                 "nextPageToken": "two/2"}
                """
            ),
            .json(
                #"{"items": {"zones/b-1-c": {"instances": [{"name": "x", "zone": "z/b-1-c", "status": "NEW_WORD"}]}}}"#
            )
        )
        let found = try await google.client().instances(filter: "labels.tick-kit:*")
        #expect(
            google.asked == [
                "GET \(list)&filter=labels.tick-kit%3A%2A",
                "GET \(list)&filter=labels.tick-kit%3A%2A&pageToken=two%2F2",
            ]
        )
        #expect(
            found == [
                ComputeInstance(
                    name: "tick-data-vm-0",
                    zone: "asia-northeast1-a",
                    status: .running,
                    labels: ["tick-kit": "0-1-0"],
                    metadata: ["tick-dates": "2023-05-23", "empty": ""],
                    created: "2023-05-24T01:02:03.456-07:00",
                    externalAddresses: ["203.0.113.5"],
                    id: "18446744073709551615"
                ),
                ComputeInstance(
                    name: "x",
                    zone: "b-1-c",
                    status: .unknown,
                    machineType: "",
                    isPreemptible: false,
                    created: ""
                ),
            ]
        )
    }

    @Test(
        "a list that leaves something out is an error",
        arguments: [
            #"{"items": {}, "unreachables": ["zones/us-central1-a"]}"#,
            #"{"items": {"zones/us-central1-a": {"warning": {"code": "UNREACHABLE", "message": "us-central1-a"}}}}"#,
            #"{"warning": {"code": "PARTIAL_SUCCESS", "message": "us-central1-a"}}"#,
        ]
    )
    func gaps(answer: String) async throws {
        let google = ScriptedCompute(.json(answer))
        let error = await errorThrown { () throws(GoogleAPIError) in _ = try await google.client().instances() }
        #expect(error?.kind == .server(503))
        #expect(error?.detail.contains("us-central1-a") == true)
    }

    @Test("a page that cannot be had is an error, not the end")
    func failingPage() async throws {
        let google = ScriptedCompute(
            .json(#"{"items": {"zones/a": {"instances": [{"name": "x"}]}}, "nextPageToken": "t"}"#),
            .status(403, #"{"error": {"message": "Required 'compute.instances.list' permission for 'projects/p-1'"}}"#)
        )
        let error = await errorThrown { () throws(GoogleAPIError) in _ = try await google.client().instances() }
        #expect(error?.kind == .permission)
        #expect(error?.permission == "compute.instances.list")
    }

    @Test("a page that names itself as the next does not go on for ever")
    func circle() async throws {
        let google = ScriptedCompute(.json(#"{"nextPageToken": "t"}"#), .json(#"{"nextPageToken": "t"}"#))
        let error = await errorThrown { () throws(GoogleAPIError) in _ = try await google.client().instances() }
        #expect(error?.kind == .malformed)
    }

    @Test("a zone's VMs and one VM are read; one that is not there is nil")
    func one() async throws {
        let google = ScriptedCompute(
            .json(#"{"items": [{"name": "a"}], "nextPageToken": "t"}"#),
            .json(#"{"items": [{"name": "b"}]}"#),
            .status(404, #"{"error": {"code": 404, "errors": [{"reason": "notFound"}]}}"#)
        )
        #expect(try await google.client().instances(zone: "z-1").map(\.name) == ["a", "b"])
        #expect(try await google.client().instance(zone: "z-1", name: "v/../x") == nil)
        let zone = "GET projects/p-1/zones/z-1/instances?maxResults=500"
        #expect(
            google.asked == [zone, "\(zone)&pageToken=t", "GET projects/p-1/zones/z-1/instances/v%2F..%2Fx"]
        )
    }

    private static let operation = ScriptedCompute.Answer.json(
        #"{"name": "op-1", "zone": "https://c/zones/z-1", "operationType": "bulkInsert", "status": "RUNNING", "operationGroupId": "g"}"#
    )

    @Test("Spot VMs are asked for as the runbook has them")
    func bulkInsert() async throws {
        let google = ScriptedCompute(Self.operation)
        let operation = try await google.client().bulkInsert(zone: "z-1", .sample(), requestID: someID)
        #expect(
            operation
                == ComputeOperation(
                    name: "op-1",
                    scope: .zone("z-1"),
                    type: "bulkInsert",
                    groupID: "g",
                    isDone: false
                )
        )
        #expect(
            google.asked == [
                """
                POST projects/p-1/zones/z-1/instances/bulkInsert?requestId=\(someIDText) {"count":"2",\
                "instanceProperties":{"disks":[{"autoDelete":true,"boot":true,"initializeParams":{"diskSizeGb":"100",\
                "diskType":"pd-standard","labels":{"tick-kit":"0-1-0"},"sourceImage":"projects/ubuntu-os-cloud/global/images/family/ubuntu-2204-lts"},\
                "mode":"READ_WRITE","type":"PERSISTENT"}],"labels":{"tick-kit":"0-1-0"},"machineType":"e2-highmem-2",\
                "metadata":{"items":[{"key":"startup-script","value":"#!/bin/sh"},{"key":"tick-shards","value":"2"}]},\
                "networkInterfaces":[{"network":"global/networks/default"}],"scheduling":{"automaticRestart":false,\
                "instanceTerminationAction":"DELETE","maxRunDuration":{"seconds":"86400"},"onHostMaintenance":"TERMINATE",\
                "preemptible":true,"provisioningModel":"SPOT"},"serviceAccounts":[{"email":"sa@p-1.iam.gserviceaccount.com",\
                "scopes":["https://www.googleapis.com/auth/cloud-platform"]}],"shieldedInstanceConfig":\
                {"enableIntegrityMonitoring":true,"enableSecureBoot":true,"enableVtpm":true}},"minCount":"2",\
                "perInstanceProperties":{"tick-data-vm-0":{},"tick-data-vm-1":{}}}
                """
            ]
        )
    }

    @Test("standard VMs have no preemption, and a way to end only with a longest life")
    func standard() async throws {
        let google = ScriptedCompute(Self.operation, Self.operation)
        let client = google.client()
        _ = try await client.bulkInsert(
            zone: "z-1",
            .sample(provisioning: .standard, hasExternalAddress: true, subnetwork: "regions/r-1/subnetworks/s"),
            requestID: someID
        )
        _ = try await client.bulkInsert(
            zone: "z-1",
            .sample(provisioning: .standard, maxRunSeconds: nil),
            requestID: someID
        )
        let network =
            #"{"accessConfigs":[{"name":"external-nat","type":"ONE_TO_ONE_NAT"}],"subnetwork":"regions/r-1/subnetworks/s"}"#
        #expect(google.asked[0].contains(#""networkInterfaces":[\#(network)]"#))
        let ends = #""instanceTerminationAction":"DELETE","maxRunDuration":{"seconds":"86400"},"#
        #expect(google.asked[0].contains(#""scheduling":{\#(ends)"provisioningModel":"STANDARD"}"#))
        #expect(google.asked[1].contains(#""scheduling":{"provisioningModel":"STANDARD"}"#))
    }

    @Test("a lost answer is followed by the same request with the same id")
    func lostAnswer() async throws {
        let google = ScriptedCompute(.lost, .status(503, ""), Self.operation)
        _ = try await google.client().delete(zone: "z-1", name: "v", requestID: someID)
        let request = "DELETE projects/p-1/zones/z-1/instances/v?requestId=\(someIDText)"
        #expect(google.asked == [request, request, request])
    }

    @Test("VMs are started and stopped, without a body")
    func startAndStop() async throws {
        let google = ScriptedCompute(Self.operation, Self.operation)
        _ = try await google.client().start(zone: "z-1", name: "v", requestID: someID)
        _ = try await google.client().stop(zone: "z-1", name: "v", requestID: someID)
        let path = "projects/p-1/zones/z-1/instances/v"
        #expect(
            google.asked == [
                "POST \(path)/start?requestId=\(someIDText)", "POST \(path)/stop?requestId=\(someIDText)",
            ]
        )
    }

    @Test("serial output goes on where it ended; nothing new is no error")
    func serial() async throws {
        let google = ScriptedCompute(
            .json(#"{"contents": "boot\n", "start": "100", "next": "105"}"#),
            .json(#"{"start": "105", "next": "105"}"#)
        )
        let first = try await google.client().serialPortOutput(zone: "z-1", name: "v")
        #expect(first == ("boot\n", 100, 105))
        #expect(try await google.client().serialPortOutput(zone: "z-1", name: "v", start: 105) == ("", 105, 105))
        let path = "GET projects/p-1/zones/z-1/instances/v/serialPort?port=1&start="
        #expect(google.asked == ["\(path)0", "\(path)105"])
    }

    @Test("request ids are UUIDs of version 4, different by their numbers, never all zero")
    func requestIDs() {
        #expect(someID.text == someIDText)
        var numbers: [UInt64] = [.max, .max, 0x0123_4567_89AB_CDEF, 0xFEDC_BA98_7654_3210]
        #expect(RequestID { numbers.removeFirst() }.text == "ffffffff-ffff-4fff-bfff-ffffffffffff")
        #expect(RequestID { numbers.removeFirst() }.text == "01234567-89ab-4def-bedc-ba9876543210")
    }
}

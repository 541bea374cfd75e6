import Synchronization
import Testing

@testable import GoogleCloud

@Suite("Enabled APIs")
struct ServiceUsageTests {
    @Test("One look for all, one write for all, and the operation is waited for")
    func enable() async throws {
        let time = FakeTime()
        let script = ScriptedAnswers([
            (
                200,
                """
                {"services":[{"name":"projects/42/services/compute.googleapis.com","state":"ENABLED"},\
                {"name":"projects/42/services/storage.googleapis.com","state":"DISABLED"}]}
                """
            ),
            (200, "{\"name\":\"operations/acat.p2-42-1\"}"), (200, "{\"name\":\"operations/acat.p2-42-1\"}"),
            (200, "{\"name\":\"operations/acat.p2-42-1\",\"done\":true,\"response\":{}}"),
        ])
        let client = ServiceUsageClient(api: script.api(time))
        let names = ["compute.googleapis.com", "storage.googleapis.com"]
        #expect(try await client.enabled(names, project: "p") == ["compute.googleapis.com"])
        try await client.enable(["storage.googleapis.com"], project: "p")
        #expect(
            script.requests == [
                "GET http://serviceusage/v1/projects/p/services:batchGet"
                    + "?names=projects%2Fp%2Fservices%2Fcompute.googleapis.com"
                    + "&names=projects%2Fp%2Fservices%2Fstorage.googleapis.com",
                "POST http://serviceusage/v1/projects/p/services:batchEnable {\"serviceIds\":[\"storage.googleapis.com\"]}",
                "GET http://serviceusage/v1/operations/acat.p2-42-1",
                "GET http://serviceusage/v1/operations/acat.p2-42-1",
            ]
        )
        #expect(time.slept.withLock { $0 } == [.milliseconds(500), .seconds(1)])
    }

    @Test("A failed operation is an error that says why")
    func failed() async {
        let script = ScriptedAnswers([
            (200, "{\"name\":\"operations/x\",\"done\":true,\"error\":{\"code\":7,\"message\":\"Billing is off\"}}")
        ])
        let error = await #expect(throws: GoogleAPIError.self) {
            try await ServiceUsageClient(api: script.api()).enable(["compute.googleapis.com"], project: "p")
        }
        #expect(error?.kind == .permission)
        #expect(error?.description == "cannot enable compute.googleapis.com in project p: it failed (Billing is off)")
    }

    @Test("An operation that never ends is given up after ten minutes")
    func endless() async {
        let time = FakeTime()
        let running = (200, "{\"name\":\"operations/x\"}")
        let error = await #expect(throws: GoogleAPIError.self) {
            try await ServiceUsageClient(api: ScriptedAnswers(Array(repeating: running, count: 200)).api(time))
                .enable(["compute.googleapis.com"], project: "p")
        }
        #expect(error?.kind == .transport)
        #expect(time.slept.withLock { $0.reduce(.zero, +) } >= .seconds(600))
    }
}

import FleetModel
import GoogleCloud
import Testing

@testable import Fleet

/// Commands that mean the place and the plan that was looked at, as they are pasted.
@Suite struct MonitorAdviceTests {
    private func advice(_ place: String, shards: Int) async throws -> [String] {
        let store = CountingStore()
        let run = try fleetRun(shards)
        try await store.plan(run.plan(for: run.dates[0], created: 5))
        let reader = MonitorReader(store: store, vms: nil, prefix: prefix, now: { monitorNow })
        return MonitorAdvice(try await reader.report(run.dates[0], vms: .init(nil)), place: place).sentences
    }

    @Test(
        arguments: [
            ("gs://market-data-tick", 60, "orchestrate-tick-download --date 2023-05-23,"),
            ("gs://market-data-tick", 4, "orchestrate-tick-download --date 2023-05-23 --instances 4,"),
            ("gs://other", 60, "orchestrate-tick-download --date 2023-05-23 --bucket gs://other,"),
            ("/a/b c", 1, "vm-data-downloader --date 2023-05-23 --bucket '/a/b c',"),
            ("/it's", 1, #"vm-data-downloader --date 2023-05-23 --bucket '/it'\''s',"#),
        ]
    )
    func place(place: String, shards: Int, command: String) async throws {
        let said = try await advice(place, shards: shards)
        #expect(said.contains { $0.contains(": \(command) with the options of the first time, downloads") }, "\(said)")
    }
}

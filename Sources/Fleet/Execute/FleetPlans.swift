import Common
import Console
public import GoogleCloud

/// Reads and writes a run's plans in the bucket.
public struct FleetPlans: Sendable {
    private let store: any ObjectStore
    private let run: FleetRun

    /// A keeper of one run's plans.
    public init(store: any ObjectStore, run: FleetRun) {
        self.store = store
        self.run = run
    }

    /// Which plan VMs read, and what has to be written first; reads the dates' standard plans that `snapshot` lists. Throws
    /// `StorageError`, and `UsageError` for a plan that cannot be read.
    public func choose(_ snapshot: FleetSnapshot, now: Int64) async throws -> PlanChoice {
        var standard: [CalendarDate: Plan] = [:]
        for date in run.dates {
            let name = ObjectLayout.name(.plan(date))
            guard snapshot.plans[name] != nil else { continue }
            do {
                standard[date] = try Plan(decoding: try await store.get(name, range: nil))
            } catch let error as DocumentError {
                throw UsageError("\(store.location)/\(name) cannot be used: \(error); delete it, and run this again")
            }
        }
        let own = run.dates.filter { snapshot.plans[ObjectLayout.name(.plan($0, run: run.id))] != nil }
        return PlanChoice(run, standard: standard, own: Set(own), created: now)
    }

    /// Writes what has to be written, each only over what `snapshot` saw. Throws `StorageError`.
    public func write(_ choice: PlanChoice, _ snapshot: FleetSnapshot) async throws {
        for write in choice.writes {
            let there = snapshot.plans[write.object]
            _ = try await store.put(
                write.object,
                write.plan.encoded(),
                options: PutOptions(
                    contentType: "application/json",
                    metadata: write.plan.metadata,
                    precondition: there.map { .generation($0.generation) } ?? .absent
                )
            )
        }
    }
}

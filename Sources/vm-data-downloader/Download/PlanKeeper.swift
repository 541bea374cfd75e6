import Common
import Console
import GoogleCloud

/// Makes sure that the bucket has a plan for the date that covers what this run brings.
struct PlanKeeper: Sendable {
    let store: any ObjectStore
    let logger: Logger

    /// Writes the plan if there is none, or if it asks for all that the one there asks for and more. A smaller run beside a
    /// larger plan leaves it alone, and so does another writer's newer one.
    func keep(_ plan: Plan) async throws {
        let name = ObjectLayout.name(.plan(plan.date))
        let existing = try await store.info(name)
        if existing != nil {
            let old = try Plan(decoding: try await store.get(name, range: nil))
            if old.asksForTheSame(as: plan) { return }
            guard Set(plan.objects).isSuperset(of: old.objects) else {
                logger.info(
                    "the plan in the bucket asks for more than this run brings and is left as it is",
                    ["planned": .int(Int64(old.objects.count)), "this_run": .int(Int64(plan.objects.count))]
                )
                return
            }
        }
        do {
            _ = try await store.put(
                name,
                plan.encoded(),
                options: PutOptions(
                    contentType: "application/json",
                    precondition: existing.map { .generation($0.generation) } ?? .absent
                )
            )
        } catch let error as StorageError where error.kind == .preconditionFailed {
            logger.info("another run wrote the plan at the same time")
        }
    }
}

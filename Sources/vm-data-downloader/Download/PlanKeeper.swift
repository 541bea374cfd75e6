import Common
import Console
import GoogleCloud
import Text

/// The plans in the bucket.
struct PlanKeeper: Sendable {
    let store: any ObjectStore
    let logger: Logger

    /// The plan of that name for the date. Throws `MissingPlan`, `DocumentError` and `StorageError`.
    func read(_ name: PlanName, _ date: CalendarDate) async throws -> Plan {
        let object = name.object(date)
        let bytes: [UInt8]
        do {
            bytes = try await store.get(object, range: nil)
        } catch let error as StorageError where error.kind == .notFound {
            throw MissingPlan(object: object, place: store.location)
        }
        let plan = try Plan(decoding: bytes)
        guard plan.date == date else {
            throw DocumentError(document: object, reason: "it is the plan of \(plan.date)")
        }
        return plan
    }

    /// Makes sure that the bucket has a plan for the date that covers what this run brings: writes the plan if there is none, or if it asks for all that the one there asks for and more. A smaller run beside a
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
                    metadata: plan.metadata,
                    precondition: existing.map { .generation($0.generation) } ?? .absent
                )
            )
        } catch let error as StorageError where error.kind == .preconditionFailed {
            logger.info("another run wrote the plan at the same time")
        }
    }
}

/// A plan that was named and is not there.
private struct MissingPlan: ExitStatusProviding, CustomStringConvertible {
    let object: String
    let place: String

    var description: String {
        "there is no plan \(object) in \(place); orchestrate-tick-download writes it, or leave --plan out"
    }

    var exitStatus: ExitStatus { .failed }
}

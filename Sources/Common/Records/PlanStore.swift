import Console
public import FleetModel
public import GoogleCloud

/// The plans of a bucket or folder: read, and written where they are missing. A plan that is there is never replaced.
public struct PlanStore: Sendable {
    private let store: any ObjectStore

    /// How often somebody else may write a plan at the same moment.
    private static let tries = 5

    public init(_ store: any ObjectStore) {
        self.store = store
    }

    /// Reads a plan. Throws `MissingPlan`, `DocumentError` or `StorageError`.
    public func read(_ name: PlanName, _ date: CalendarDate) async throws -> Plan {
        let object = name.object(date)
        let bytes: [UInt8]
        do {
            bytes = try await store.get(object, range: nil)
        } catch let error as StorageError where error.kind == .notFound {
            throw MissingPlan(object: object, place: store.location)
        }
        let plan = try Plan(decoding: bytes)
        guard plan.date == date else { throw DocumentError(document: object, reason: "it is the plan of \(plan.date)") }
        guard name.id == nil || name.id == plan.id else {
            throw DocumentError(document: object, reason: "it is the plan \(plan.id), not that of its name")
        }
        return plan
    }

    /// Under which name the dates of a run have its plan, or will. Throws `UsageError` where a plan cannot be read, as nobody knows
    /// what it asks for.
    public func choose(_ plans: [Plan], among facts: [DateFacts]) throws -> PlanChoice {
        if let damage = facts.flatMap(\.damages).first {
            throw UsageError("\(store.location)/\(damage); delete it, and run this again")
        }
        let existing = facts.map { facts in
            (facts.date, Dictionary(facts.plans.map { ($0.name, $0.plan.id) }) { first, _ in first })
        }
        return PlanChoice(plans, existing: Dictionary(existing) { first, _ in first })
    }

    /// Sees to it that the dates of a run have its plan, and returns the name under which. Another program that does the same at the
    /// same moment does no harm: what it wrote is read again.
    public func keep(_ plans: [Plan]) async throws -> PlanName {
        let reader = DateReader(store)
        var attempt = 1
        while true {
            var facts: [DateFacts] = []
            for plan in plans { facts.append(try await reader.plans(plan.date)) }
            let choice = try choose(plans, among: facts)
            do {
                for plan in choice.missing { try await write(plan, choice.name) }
                return choice.name
            } catch let error as StorageError where error.kind == .preconditionFailed && attempt < Self.tries {
                attempt += 1
            }
        }
    }

    private func write(_ plan: Plan, _ name: PlanName) async throws {
        let bytes = plan.encoded()
        let content = ObjectMetadata.Content(size: Int64(bytes.count), crc32c: CRC32C.of(bytes))
        let metadata = plan.metadata(for: content)
        _ = try await store.put(
            name.object(plan.date),
            bytes,
            options: PutOptions(contentType: "application/json", metadata: metadata, precondition: .absent)
        )
    }
}

/// A plan that VMs, or `--plan`, were told to read.
private struct MissingPlan: ExitStatusProviding, CustomStringConvertible {
    let object: String
    let place: String

    var description: String {
        "there is no plan \(object) in \(place); orchestrate-tick-download writes it, or leave --plan out"
    }

    var exitStatus: ExitStatus { .failed }
}

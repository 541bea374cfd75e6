import Transport
import FleetModel
import Common
import Console
import GoogleCloud
import Text

/// Carries out, once, what has to be done for a run: plan, key, egress, and its VMs.
struct FleetLaunch: Sendable {
    private let spec: LaunchSpec
    private let services: FleetServices
    private let facts: PreflightFacts
    private let logger: Logger

    struct Outcome: Sendable {
        /// The launches, as far as there were any.
        var launches: [LaunchReport] = []
        /// The VMs that were started again.
        var started: [String] = []
        /// The VMs that were deleted to be made again.
        var replaced: [String] = []
        /// The VMs that did not go away in time.
        var stuck: [String] = []

        /// How the tool ends because of it: `done` when every VM that was to come is there.
        var status: ExitStatus {
            let found = Set(launches.filter { !$0.missing.isEmpty }.map(\.status))
            let order: [ExitStatus] = [.credentials, .usage, .failed, .temporary]
            return order.first(where: found.contains) ?? (stuck.isEmpty ? .done : .temporary)
        }

        /// What was done, and what is missing, in sentences.
        var sentences: [String] {
            var sentences = launches.map(\.summary)
            if !started.isEmpty { sentences.append("started again: \(NameList.text(started))") }
            if !replaced.isEmpty { sentences.append("replaced: \(NameList.text(replaced))") }
            if !stuck.isEmpty {
                sentences.append("\(NameList.text(stuck)) did not go away in time; run the same command again")
            }
            return sentences
        }
    }

    /// VMs that stop or are deleted take a minute or two; beyond this something is wrong with them.
    private static let patience = Duration.seconds(600)
    private static let pause = Duration.seconds(3)

    /// A launch of what the checks found to be missing.
    init(spec: LaunchSpec, services: FleetServices, facts: PreflightFacts, logger: Logger) {
        self.spec = spec
        self.services = services
        self.facts = facts
        self.logger = logger
    }

    /// What would be changed beside the VMs, for people.
    var preparations: [String] {
        var steps = facts.view.plans.missing.map {
            "write \(services.store.location)/\(facts.view.plans.name.object($0.date))"
        }
        steps += facts.key?.steps ?? []
        if case .shared(let plan) = facts.egress { steps += plan.steps.map(\.text) }
        return steps
    }

    /// Does everything once; what could not be made is in the outcome. Errors before the first VM are thrown.
    func carryOut() async throws -> Outcome {
        let executor: FleetExecutor
        do {
            executor = try await prepare()
        } catch let error as GoogleAPIError where error.kind == .policy {
            throw AccessError("\(error); \(PolicyAdvice.advice(for: "\(error)"))", .credentials)
        }
        var outcome = Outcome()
        var view = facts.view
        try await heal(view, executor, &outcome)
        let begun = services.clock.monotonic()
        while !view.todo.going.isEmpty {
            guard services.clock.monotonic() - begun < Self.patience else {
                outcome.stuck = view.todo.going.map(\.name)
                break
            }
            try await services.clock.sleep(Self.pause)
            view = try await look()
            if view.todo.going.isEmpty { try await heal(view, executor, &outcome) }
        }
        return outcome
    }

    func look(cannotStart: Set<String> = []) async throws -> ReconcileContext {
        FleetPlanner(spec: spec, services: services).plan(
            try await FleetSnapshot.take(services, dates: spec.run.dates, prefix: spec.prefix),
            plans: facts.view.plans,
            offset: facts.view.state.offset,
            cannotStart: cannotStart
        )
    }

    /// Makes all that VMs need before they come.
    func prepare() async throws -> FleetExecutor {
        guard let machines = facts.machines, let way = facts.egress, let key = facts.key else {
            throw UsageError("the checks did not find all that a launch needs")
        }
        async let planned = services.plans.keep(spec.run.plans(created: services.now()))
        async let kept = key.carryOut(spec, logger)
        if case .shared(let plan) = way, !plan.steps.isEmpty {
            try await SharedEgress(
                services.compute,
                clock: services.clock,
                onStep: { region, text in
                    logger.info("shared egress", ["step": .string(text), "region": .string(region)])
                }
            ).ensure(region: plan.region, network: plan.network, subnetwork: plan.subnetwork)
        }
        let metadata = spec.metadata(
            plan: try await planned,
            offset: facts.view.state.offset,
            key: try await kept
        )
        return FleetExecutor(
            spec: spec,
            services: services,
            machines: machines,
            projectQuotas: facts.projectQuotas,
            isDirect: way == .direct,
            metadata: metadata,
            logger: logger
        )
    }

    private func heal(_ view: ReconcileContext, _ executor: FleetExecutor, _ outcome: inout Outcome) async throws {
        var todo = view.todo
        let cannotStart = try await executor.start(todo.starts)
        outcome.started += todo.starts.map(\.name).filter { !cannotStart.contains($0) }
        if !cannotStart.isEmpty {
            todo = Reconciler.reconcile(view.state, range: spec.shards, cannotStart: cannotStart)
        }
        try await executor.delete(todo.replacements)
        outcome.replaced += todo.replacements.map(\.name)
        outcome.launches += try await executor.make(todo.creations(zones: executor.machines.zones))
    }
}

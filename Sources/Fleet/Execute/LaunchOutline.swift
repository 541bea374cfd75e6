import FleetModel
import Common
import Console
import GoogleCloud
import Text

/// What a launch will do, before it does it.
struct LaunchOutline: Sendable {
    private let spec: LaunchSpec
    private let facts: PreflightFacts
    private let launch: FleetLaunch
    /// What it takes and costs; nil without a price table.
    let estimate: Estimate?

    init(spec: LaunchSpec, facts: PreflightFacts, launch: FleetLaunch, prices: PriceTable?) {
        self.spec = spec
        self.facts = facts
        self.launch = launch
        let isDirect = facts.egress == .direct
        let forecast = DownloadForecast(facts.view.state, range: spec.shards, sharesAddress: !isDirect)
        estimate = prices.map { prices in
            Estimate(
                forecast,
                shape: spec.shape(facts.machines?.machineType, isDirect: isDirect),
                egress: isDirect ? .direct : .shared,
                region: spec.region,
                prices: prices
            )
        }
    }

    private var todo: Reconciliation { facts.view.todo }
    private var zones: [String] { facts.machines?.zones ?? [spec.zones.first] }
    private var names: [String] { todo.creations(zones: zones).flatMap(\.names) }

    var lines: [String] {
        let run = spec.run
        let objects = run.instruments.reduce(0) { $0 + $1.dataTypes.count } * run.dates.count
        var lines = [
            "run \(run.id): \(NameList.text(run.dates.map(\.description))), \(run.instruments.count) instruments, "
                + "\(run.shards) shards, \(Format.count(Int64(objects))) objects"
        ]
        if spec.instances > run.shards {
            lines.append("\(run.shards) VMs, not \(spec.instances): there are only so many instruments")
        }
        lines.append(todo.summary)
        if !names.isEmpty { lines.append("VMs: \(range) in \(zones[0])\(others); \(machine)") }
        let steps = launch.preparations
        if !steps.isEmpty { lines.append("before: \(steps.joined(separator: ", "))") }
        lines += estimate.map { $0.lines.map(\.description) + [$0.summary] } ?? ["estimate: there is no price table"]
        return lines
    }

    private var range: String {
        guard let first = names.first, let last = names.last, names.count > 2 else {
            return names.joined(separator: ", ")
        }
        return "\(first) … \(last) (\(names.count))"
    }

    private var others: String {
        zones.count > 1 ? " (or \(zones.dropFirst().joined(separator: ", ")))" : ""
    }

    private var machine: String {
        let machine = spec.machine
        return [
            machine.type, machine.isPreemptible ? "preemptible" : "not preemptible",
            "\(machine.diskGigabytes) GB \(machine.diskType)", egress, "key \(key)",
            "at most \(Format.duration(.seconds(machine.maxRunSeconds)))",
        ].joined(separator: ", ")
    }

    private var egress: String { facts.egress == .direct ? "an address each" : "one shared address" }

    private var key: String {
        switch facts.key {
        case .secret, .unseen: "in Secret Manager"
        case .plain: "in metadata"
        case .some(.none), nil: "not needed"
        }
    }

    var json: JSONObject {
        [
            "instruments": .int(Int64(spec.run.instruments.count)),
            "summary": .string(todo.summary),
            "plan": .string(facts.view.plans.name.description),
            "create": .array(names.map(JSONValue.string)),
            "start": .array(todo.starts.map { .string($0.name) }),
            "replace": .array(todo.replacements.map { .string($0.name) }),
            "zones": .array(zones.map(JSONValue.string)),
            "egress": .string(facts.egress == .direct ? "direct" : "shared"),
            "key": .string(key),
            "estimate": estimate.map(\.json) ?? .null,
            "before": .array(launch.preparations.map(JSONValue.string)),
        ]
    }

    /// What is to be done, by shard.
    var actions: [ShardAction] { todo.actions }
}

extension Estimate {
    fileprivate var json: JSONValue {
        [
            "files": .int(Int64(forecast.files)),
            "bytes": .int(forecast.bytesIn),
            "seconds": .double(forecast.duration / .seconds(1)),
            "usd_once": .double(once),
            "usd_monthly": .double(monthly),
            "complete": .bool(isComplete),
            "prices_as_of": asOf.map { .string($0.description) } ?? .null,
            "lines": .array(lines.map { .string($0.description) }),
        ]
    }
}

extension ReconcileContext {
    /// Whether something has to be changed, or waited for to be changed.
    var needsWork: Bool { !todo.isQuiet }
}

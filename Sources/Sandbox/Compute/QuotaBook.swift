import Text

/// The quotas of a project and its regions: limits, and what is used of them.
struct QuotaBook {
    /// What a VM counts for.
    private struct Shape: Hashable {
        let project: String
        let scope: ComputeScope
        let machine: String
        let isPreemptible: Bool
        let hasExternal: Bool
        let isUp: Bool

        init(_ instance: StoredInstance) {
            project = instance.key.project
            scope = instance.key.scope
            machine = instance.machine.name
            isPreemptible = instance.isPreemptible
            hasExternal = instance.hasExternalAddress
            isUp = instance.isUp
        }
    }

    private let options: ComputeOptions
    private let faults: ComputeFaults
    /// By project and region, and by project alone for what counts there.
    private var uses: [String: [String: Double]] = [:]

    init(_ options: ComputeOptions, _ state: ComputeState) {
        self.options = options
        faults = state.faults
        // Alike VMs are counted first: with a thousand of them this is done for each request.
        var shapes: [Shape: Int] = [:]
        for instance in state.instances.values { shapes[Shape(instance), default: 0] += 1 }
        for (shape, count) in shapes {
            let region = shape.scope.region
            var need = ["INSTANCES": 1.0]
            if shape.isUp, let type = ComputeCatalogue.machineType(shape.machine) {
                need = machine(type, shape.isPreemptible, shape.hasExternal, region)
            }
            for (metric, amount) in need {
                let place = metric == "CPUS_ALL_REGIONS" ? shape.project : "\(shape.project)/\(region)"
                uses[place, default: [:]][metric, default: 0] += amount * Double(count)
            }
        }
        for (disks, size) in state.diskUse {
            uses["\(disks.project)/\(disks.region)", default: [:]][Self.metric(ofDisk: disks.type), default: 0] +=
                Double(size)
        }
        for (key, address) in state.resources[.addresses] ?? [:] {
            uses["\(key.project)/\(key.scope.region)", default: [:]]["STATIC_ADDRESSES", default: 0] += 1
            if address["users"]?.array?.isEmpty == false {
                uses["\(key.project)/\(key.scope.region)", default: [:]]["IN_USE_ADDRESSES", default: 0] += 1
            }
        }
        for key in (state.resources[.routers] ?? [:]).keys {
            uses[key.project, default: [:]]["ROUTERS", default: 0] += 1
        }
        for key in (state.resources[.networks] ?? [:]).keys {
            uses[key.project, default: [:]]["NETWORKS", default: 0] += 1
        }
    }

    /// How many VMs of a draft fit, and what stands against more.
    func fit(_ draft: InstanceDraft, count: Int) -> (Int, OperationFailure?) {
        var need = machine(draft.machine, draft.isPreemptible, draft.hasExternalAddress, draft.region)
        for disk in draft.disks { need[Self.metric(ofDisk: disk.type), default: 0] += Double(disk.sizeGB) }
        var best: (Int, OperationFailure?) = (count, nil)
        for (metric, amount) in need.sorted(by: { $0.key < $1.key }) {
            let region = metric == "CPUS_ALL_REGIONS" ? nil : draft.region
            guard let limit = limit(metric, region: region) else { continue }
            let used = use(metric, project: draft.project, region: region)
            let fits = max(0, Int((limit - used) / amount))
            if fits < best.0 { best = (fits, Self.failure(metric, region: region, limit: limit)) }
        }
        return best
    }

    /// What stands against a stopped VM's start; its disks and itself are counted already.
    func failure(starting instance: StoredInstance) -> OperationFailure? {
        let external = instance.hasExternalAddress
        let region = instance.key.scope.region
        var need = machine(instance.machine, instance.isPreemptible, external, region)
        need["INSTANCES"] = nil
        for (metric, amount) in need.sorted(by: { $0.key < $1.key }) {
            let place = metric == "CPUS_ALL_REGIONS" ? nil : region
            guard let limit = limit(metric, region: place) else { continue }
            if use(metric, project: instance.key.project, region: place) + amount > limit {
                return Self.failure(metric, region: place, limit: limit)
            }
        }
        return nil
    }

    /// What is wrong with one more of something that is counted by itself; nil when it fits.
    func failure(adding metric: String, project: String, region: String?) -> OperationFailure? {
        guard let limit = limit(metric, region: region), use(metric, project: project, region: region) + 1 > limit
        else {
            return nil
        }
        return Self.failure(metric, region: region, limit: limit)
    }

    /// As `regions.get` and `projects.get` show it; region is nil for the project's own.
    func shown(project: String, region: String?) -> JSONValue {
        let known = region == nil ? options.projectQuotas : options.regionQuotas
        return .array(
            known.keys.sorted().map { metric in
                [
                    "metric": .string(metric), "limit": .double(limit(metric, region: region) ?? 0),
                    "usage": .double(use(metric, project: project, region: region)),
                ]
            }
        )
    }

    private func use(_ metric: String, project: String, region: String?) -> Double {
        uses[region.map { "\(project)/\($0)" } ?? project]?[metric] ?? 0
    }

    private func limit(_ metric: String, region: String?) -> Double? {
        guard let usual = (region == nil ? options.projectQuotas : options.regionQuotas)[metric] else { return nil }
        return faults.quota(metric, region: region) ?? usual
    }

    private func machine(
        _ type: ComputeCatalogue.MachineType,
        _ isPreemptible: Bool,
        _ external: Bool,
        _ region: String
    )
        -> [String: Double]
    {
        // A region that was granted preemptible quota counts Spot VMs there alone; otherwise they count as any VM.
        let hasOwn = isPreemptible && (limit("PREEMPTIBLE_CPUS", region: region) ?? 0) > 0
        let cpus = Double(type.cpus)
        var need = ["INSTANCES": 1.0]
        if hasOwn {
            need["PREEMPTIBLE_CPUS"] = cpus
        } else {
            need["CPUS"] = cpus
            need["\(type.family.uppercased())_CPUS"] = cpus
            need["CPUS_ALL_REGIONS"] = cpus
        }
        if external { need["IN_USE_ADDRESSES"] = 1 }
        return need
    }

    private static func metric(ofDisk type: String) -> String {
        type == "pd-standard" ? "DISKS_TOTAL_GB" : "SSD_TOTAL_GB"
    }

    private static func failure(_ metric: String, region: String?, limit: Double) -> OperationFailure {
        let place = region.map { "in region \($0)" } ?? "globally"
        let limitName = metric.replacing("_", with: "-") + (region == nil ? "-per-project" : "-per-project-region")
        let dimensions: JSONValue = region.map { ["region": .string($0)] } ?? ["global": "global"]
        let info: JSONValue = [
            "metricName": .string("compute.googleapis.com/\(metric.lowercased())"), "limitName": .string(limitName),
            "dimensions": dimensions, "limit": .double(limit),
        ]
        return OperationFailure(
            code: "QUOTA_EXCEEDED",
            message: "Quota '\(metric)' exceeded.  Limit: \(limit) \(place).",
            httpStatus: 403,
            httpMessage: "FORBIDDEN",
            details: [["quotaInfo": info]]
        )
    }
}

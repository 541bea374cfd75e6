import GoogleCloud

/// How many more VMs of a shape a project's quotas allow, and which of them allows the fewest.
struct QuotaFit: Sendable, Equatable {
    /// One quota that the VMs count against.
    struct Line: Sendable, Equatable, CustomStringConvertible {
        /// What is limited: `CPUS`.
        let metric: String
        /// Where: the region's bare name, nil for the whole project.
        let region: String?
        let limit: Double
        /// How much of it is used.
        let usage: Double
        /// What one VM takes of it.
        let each: Double

        /// How many more VMs it allows.
        var fits: Int { Int(max(0, limit - usage) / each) }

        /// "CPUS in asia-northeast1 is 24, of which 0 are used, and a VM takes 2".
        var description: String {
            let place = region.map { "in \($0)" } ?? "of the project"
            return "\(metric) \(place) is \(QuotaFit.number(limit)), of which \(QuotaFit.number(usage)) are used, "
                + "and a VM takes \(QuotaFit.number(each))"
        }
    }

    /// All quotas that count, in a fixed order.
    let lines: [Line]

    /// The fit; `regionQuotas` are those of `region`, `projectQuotas` those of the project as a whole. Empty lists limit nothing.
    init(
        _ shape: MachineShape,
        region: String,
        regionQuotas: [ComputeQuota],
        projectQuotas: [ComputeQuota] = []
    ) {
        let known = Dictionary(regionQuotas.map { ($0.metric, $0) }) { first, _ in first }
        var lines: [Line] = []
        func add(_ quota: ComputeQuota?, _ each: Double, _ region: String?) {
            guard let quota, each > 0 else { return }
            lines.append(
                Line(metric: quota.metric, region: region, limit: quota.limit, usage: quota.usage, each: each)
            )
        }
        for metric in Self.cpuMetrics(shape, known) { add(known[metric], Double(shape.vCPUs), region) }
        add(known["INSTANCES"], 1, region)
        if shape.hasExternalAddress { add(known["IN_USE_ADDRESSES"], 1, region) }
        add(known[Self.diskMetric(shape.diskType)], Double(shape.diskGigabytes), region)
        add(projectQuotas.first { $0.metric == "CPUS_ALL_REGIONS" }, Double(shape.vCPUs), nil)
        self.lines = lines
    }

    /// How many more VMs all quotas allow; nil when no quota is known.
    var count: Int? { tightest?.fits }
    /// The quota that allows the fewest; nil when none is known.
    var tightest: Line? { lines.min { $0.fits < $1.fits } }
    /// The tightest among those of the region.
    var tightestOfRegion: Line? { lines.filter { $0.region != nil }.min { $0.fits < $1.fits } }
    /// The tightest among those of the whole project.
    var tightestOfProject: Line? { lines.filter { $0.region == nil }.min { $0.fits < $1.fits } }

    /// A region that was never granted preemptible CPUs shows none or 0, and there preemptible VMs count as ordinary ones.
    /// Families other than the oldest have limits of their own in place of the ordinary one.
    private static func cpuMetrics(_ shape: MachineShape, _ known: [String: ComputeQuota]) -> [String] {
        if shape.isPreemptible, let granted = known["PREEMPTIBLE_CPUS"], granted.limit > 0 { return [granted.metric] }
        let own = "\(shape.family.uppercased())_CPUS"
        let hasOwn = (known[own]?.limit ?? 0) > 0
        let isOrdinary = ["e2", "n1", "f1", "g1", "custom"].contains(shape.family) || !hasOwn
        return (isOrdinary ? ["CPUS"] : []) + (hasOwn ? [own] : [])
    }

    private static func diskMetric(_ type: String) -> String {
        type == "pd-standard" ? "DISKS_TOTAL_GB" : "SSD_TOTAL_GB"
    }

    static func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
    }
}

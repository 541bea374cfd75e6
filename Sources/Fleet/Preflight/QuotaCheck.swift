import Console
import GoogleCloud

/// Whether the project's quotas have room for the VMs that are to be made.
struct QuotaCheck: Sendable {
    let shape: MachineShape
    let region: ComputeRegion
    let projectQuotas: [ComputeQuota]

    /// What they say about so many VMs.
    func check(_ count: Int) -> [CheckResult] {
        guard count > 0 else { return [] }
        let fit = QuotaFit(shape, region: region.name, regionQuotas: region.quotas, projectQuotas: projectQuotas)
        guard let room = fit.count, let tightest = fit.tightest else {
            return [CheckResult("quotas", .warning, "\(region.name) names no quota that these VMs count against")]
        }
        let remedy = "ask for a higher quota, or run this again when other VMs have ended"
        if room == 0 {
            let text = "there is room for none of \(count) VMs: \(tightest); \(remedy)"
            return [CheckResult("quotas", .error(.temporary), text, isAboutLaunch: true)]
        }
        if room < count {
            let text = "there is room for \(room) of \(count) VMs, and so many are made: \(tightest); \(remedy)"
            return [CheckResult("quotas", .warning, text)]
        }
        return [CheckResult("quotas", .fine, "there is room for \(count) VMs (\(tightest))")]
    }
}

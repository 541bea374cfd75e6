import Console
import GoogleCloud

/// Whether the bucket is one that a fleet can work with: near the VMs, and willing to replace objects.
struct BucketCheck: Sendable {
    let region: String
    let store: any ObjectStore

    /// What is wrong with it. Nothing where it cannot be looked at: reading a bucket's settings needs more than its objects.
    func check() async -> [CheckResult] {
        guard let bucket = store as? any Buckets, let settings = try? await bucket.bucketSettings() else { return [] }
        return judge(settings)
    }

    func judge(_ settings: BucketSettings) -> [CheckResult] {
        var findings: [CheckResult] = []
        if let location = settings.location, !Self.isNear(location, region: region) {
            let text =
                "\(store.location) is in \(location) and the VMs in \(region): each upload crosses regions and is billed; "
                + "choose another --zone, or a bucket made with gsutil mb -l \(region)"
            findings.append(CheckResult("bucket location", .warning, text, isAboutLaunch: true))
        }
        if let seconds = settings.retentionSeconds, seconds > 0 {
            let text =
                "\(store.location) keeps each object for \(Format.duration(.seconds(seconds))) (retention policy), so heartbeats, "
                + "logs and plans cannot be renewed and the fleet cannot be watched; choose a bucket without such a policy"
            findings.append(CheckResult("bucket retention", .error(.usage), text, isAboutLaunch: true))
        }
        if settings.holdsNewObjects {
            let text =
                "\(store.location) puts an event-based hold on each new object, so heartbeats, logs and plans cannot be renewed; "
                + "gsutil retention event-default release \(store.location) ends that"
            findings.append(CheckResult("bucket retention", .error(.usage), text, isAboutLaunch: true))
        }
        return findings
    }

    /// Whether uploads from the region stay in it, or in the area that the bucket spans.
    static func isNear(_ location: String, region: String) -> Bool {
        let location = location.lowercased()
        if location == region { return true }
        // Multi-regions and Google's own pairs (ASIA1, EUR4, NAM4); pairs that somebody chose are named as their continent, too.
        let areas: [(prefixes: [String], regions: [String])] = [
            (["asia"], ["asia-"]), (["eu", "eur"], ["europe-"]), (["us", "nam"], ["us-", "northamerica-"]),
        ]
        return areas.contains { area in
            area.regions.contains(where: region.hasPrefix)
                && area.prefixes.contains { prefix in
                    location.hasPrefix(prefix) && location.dropFirst(prefix.count).allSatisfy(\.isNumber)
                }
        }
    }
}

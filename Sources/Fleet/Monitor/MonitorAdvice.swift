import Common
import Console
import FleetModel
import GoogleCloud

/// What to do next about a date, as sentences with commands that mean this very place and plan.
struct MonitorAdvice {
    private let report: DateReport
    /// `gs://bucket`, or a folder.
    private let place: String

    init(_ report: DateReport, place: String) {
        self.report = report
        self.place = place
    }

    /// The option that names the place; none for the deployment's own bucket.
    private var bucket: String {
        if place == "gs://\(DeploymentDefaults.values["GCS_BUCKET"] ?? "")" { return "" }
        let isPlain = place.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "/:._-".contains($0)) }
        return " --bucket " + (isPlain ? place : shellQuoted(place))
    }

    /// What downloads the date: a fleet into a bucket, a process of this machine into a folder.
    private var download: String {
        guard place.hasPrefix("gs://") else { return "vm-data-downloader --date \(report.date)\(bucket)" }
        // As many shards as the plan has mean the same plan; 60 are what is meant without the option.
        let shards = report.plans.count == 1 && !report.plans[0].isAssumed ? report.plans[0].plan.shards : 60
        let instances = shards == 60 ? "" : " --instances \(shards)"
        return "orchestrate-tick-download --date \(report.date)\(bucket)\(instances)"
    }

    /// The most urgent first; never empty.
    var sentences: [String] {
        let date = report.date
        let again = "\(download), with the options of the first time,"
        if report.isUnknown {
            return ["nothing is known of \(date) yet: \(download) starts it"]
        }
        var advice =
            report.damages.isEmpty
            ? []
            : [
                "a plan cannot be read, and nothing is launched meanwhile: look at it, and delete it (gsutil rm) unless VMs were told "
                    + "to read it"
            ]
        let standing = (report.members ?? []).filter { $0.vm.status.isAlive || $0.vm.status.isStopped }.count
        if report.verdict == .whole {
            advice.append("the date is complete; monitor-tick-download verify \(date)\(bucket) checks each object")
            if standing > 0 {
                advice.append(
                    "\(count(standing, "VM")) still \(standing == 1 ? "exists" : "exist"); cleanup-tick-vms --date \(date) deletes what does not end by itself"
                )
            }
            return advice
        }
        advice += ofShards(again)
        if advice.isEmpty { advice.append("\(again) downloads what is missing or damaged") }
        return advice
    }

    private func ofShards(_ again: String) -> [String] {
        var advice: [String] = []
        let silent = report.shards.filter { $0.phase == .lost && $0.worker != nil }
        let troubled = report.shards.filter { $0.phase == .failed || $0.phase == .partial }
        if let first = (silent + troubled).first, let vm = first.vm {
            advice.append("monitor-tick-download logs \(vm)\(bucket) shows what went wrong there")
        }
        let locked = report.shards.filter { $0.phase == .locked }.count
        if locked > 0 {
            advice.append(
                "\(count(locked, "shard")) \(locked == 1 ? "waits" : "wait"), as the Tardis key is in use from another address: end that download, or launch with --egress shared; waiting ends by itself"
            )
        }
        let idle = report.shards.filter { !$0.isInHand && !$0.phase.isComplete }.count
        if idle > 0 {
            advice.append(
                "nobody works on \(count(idle, "shard")) that \(idle == 1 ? "is" : "are") not finished: \(again) downloads what is missing"
            )
        }
        let inHand = report.shards.filter(\.isInHand).count - locked
        if inHand > 0 {
            advice.append("\(count(inHand, "shard")) \(inHand == 1 ? "is" : "are") worked on: wait")
        }
        return advice
    }

    private func count(_ number: Int, _ what: String) -> String { "\(number) \(what)\(number == 1 ? "" : "s")" }
}

import FleetModel
import GoogleCloud

/// What to do next about a date, as sentences, the most urgent first.
enum MonitorAdvice {
    /// The advice; never empty.
    static func of(_ report: DateReport) -> [String] {
        let date = report.date
        let again = "orchestrate-tick-download --date \(date), with the options of the first time,"
        if report.isUnknown {
            return ["nothing is known of \(date) yet: orchestrate-tick-download --date \(date) starts it"]
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
            advice.append("the date is complete; monitor-tick-download verify \(date) checks each object")
            if standing > 0 {
                advice.append(
                    "\(count(standing, "VM")) still \(standing == 1 ? "exists" : "exist"); cleanup-tick-vms --date \(date) deletes what does not end by itself"
                )
            }
            return advice
        }
        advice += ofShards(report, again)
        if advice.isEmpty { advice.append("\(again) downloads what is missing or damaged") }
        return advice
    }

    private static func ofShards(_ report: DateReport, _ again: String) -> [String] {
        var advice: [String] = []
        let silent = report.shards.filter { $0.phase == .lost && $0.worker != nil }
        let troubled = report.shards.filter { $0.phase == .failed || $0.phase == .partial }
        if let first = (silent + troubled).first, let vm = first.vm {
            advice.append("monitor-tick-download logs \(vm) shows what went wrong there")
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

    private static func count(_ number: Int, _ what: String) -> String { "\(number) \(what)\(number == 1 ? "" : "s")" }
}

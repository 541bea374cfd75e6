import Transport
import FleetModel
import Common
import Console
import GoogleCloud

/// What the command line and the settings around it ask for.
struct CleanupSettings: Sendable {
    let project: String
    let bucket: String
    /// Its time is this machine's; better is the services'.
    let scope: CleanupScope
    let liveness: LivenessRules
    let isDryRun: Bool
    /// No question but that about VMs at work.
    let isYes: Bool
    let isForced: Bool
    let keepsEgress: Bool

    /// Reads them. Throws `UsageError`.
    init(_ run: ToolRun) throws {
        let arguments = run.arguments
        project = try arguments.required(SharedOptions.project.name)
        let place = try arguments.required(SharedOptions.bucket.name)
        bucket = place.contains("://") || place.contains("/") ? place : "gs://\(place)"
        let prefix = try arguments.required(SharedOptions.vmNamePrefix.name)
        guard let first = prefix.first, first.isLowercase,
            prefix.allSatisfy({ $0.isASCII && ($0.isLowercase || $0.isNumber || $0 == "-") })
        else {
            throw arguments.error(
                "--\(SharedOptions.vmNamePrefix.name) \(prefix) cannot begin a VM's name: a to z, 0 to 9 and dashes, a letter first"
            )
        }
        let dates = arguments.all("date").compactMap { CalendarDate($0) }
        let states = arguments.all(CleanupOptions.state.name).compactMap(ComputeInstance.Status.init)
        scope = CleanupScope(
            prefix: prefix,
            dates: dates.isEmpty ? nil : Set(dates),
            states: states.isEmpty ? nil : Set(states),
            olderThan: arguments.string(CleanupOptions.olderThan.name).flatMap(UnitParsing.duration),
            now: run.context.clock.epochMicroseconds
        )
        liveness = try SharedOptions.liveness(arguments)
        isDryRun = arguments.flag(StandardOptions.dryRun.name)
        isForced = arguments.flag("force")
        isYes = isForced || arguments.flag(StandardOptions.yes.name)
        keepsEgress = arguments.flag("keep-egress")
    }
}

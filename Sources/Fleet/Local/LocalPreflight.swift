import FleetModel
import Common
import Console
import GoogleCloud
import Tardis
import Transport

/// The checks before shards are downloaded by processes of this machine.
struct LocalPreflight: Sendable {
    private let run: FleetRun
    private let key: Secret?

    init(run: FleetRun, key: Secret?) {
        self.run = run
        self.key = key
    }

    /// Asks Tardis about key and files; all findings.
    func check(_ tardis: @Sendable (Secret?) -> TardisClient) async -> CheckResults {
        let check = TardisCheck(run: run, instruments: run.instruments)
        let client = tardis(key)
        async let catalogues = check.catalogues(client)
        if key == nil, !run.dates.allSatisfy(\.isFirstOfMonth) {
            let text = "there is no Tardis key: set TARDIS_API_KEY (only first days of a month are free)"
            let missing = CheckResult("Tardis key", .error(.credentials), text, isAboutLaunch: true)
            return CheckResults([missing] + (await catalogues).findings)
        }
        async let info = check.key(client)
        let (known, archive) = (await info, await catalogues)
        let coverage = known.value.map { check.coverage($0, archive.value ?? [:]) } ?? []
        return CheckResults(known.findings + coverage + archive.findings)
    }
}

extension FleetState {
    /// The state of a run that processes of this machine work on.
    static func ofProcesses(_ run: FleetRun, _ snapshot: FleetSnapshot, now: Int64) -> FleetState {
        FleetState(run, plan: .standard, prefix: "local", offset: 0, snapshot: snapshot, now: now)
    }
}

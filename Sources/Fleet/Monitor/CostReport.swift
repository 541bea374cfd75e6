import FleetModel
import Common
import Console
import GoogleCloud
import Text

/// What a date has cost so far and will cost yet: estimates from list prices, told by what the bucket and the VMs show.
struct CostReport: Sendable, Equatable {
    /// What VMs are made of, where none is left to tell.
    struct Shape: Sendable {
        /// The machine type's bare name.
        var machineType: String
        /// The boot disk in GB.
        var diskGigabytes: Int
        var diskType: String
        /// Whether the platform may end them at any time.
        var isPreemptible: Bool
        var region: String
    }

    let date: CalendarDate
    let soFar: Estimate
    /// What the files that are missing will take.
    let toCome: Estimate
    /// How many VMs, or processes, have worked.
    let workers: Int
    let worked: Duration
    /// Whether some of them are not the first on their shards, of which nothing is known any more.
    let hasEarlierAttempts: Bool

    init(_ report: DateReport, shape: Shape, prices: PriceTable) {
        date = report.date
        let times = report.shards.compactMap { shard -> Duration? in
            // A VM that is gone was heard only after it had booted.
            let boot = shard.worker == nil && shard.heartbeat?.process == nil ? ExpectedRates.boot : .zero
            return shard.worked(now: report.now).map { $0 + boot }
        }
        workers = times.count
        worked = times.reduce(.zero, +)
        hasEarlierAttempts = report.shards.contains { $0.attempt ?? 1 > 1 }
        let example = report.members?.first?.vm
        let isDirect = report.members?.contains { !$0.vm.externalAddresses.isEmpty } ?? false
        let machine = MachineShape(
            machineType: example?.machineType ?? shape.machineType,
            diskGigabytes: shape.diskGigabytes,
            diskType: shape.diskType,
            isPreemptible: example?.isPreemptible ?? shape.isPreemptible,
            hasExternalAddress: isDirect
        )
        let region = example.map { ComputeRegion.name(ofZone: $0.zone) } ?? shape.region
        func estimate(_ forecast: DownloadForecast) -> Estimate {
            Estimate(forecast, shape: machine, egress: isDirect ? .direct : .shared, region: region, prices: prices)
        }
        soFar = estimate(
            DownloadForecast(
                files: report.total.whole,
                bytesIn: report.total.bytesIn,
                bytesOut: report.total.bytesOut,
                workers: times.count,
                duration: times.isEmpty ? .zero : worked / times.count
            )
        )
        let open = report.files.filter { !$0.isSettled }
        let shards = Dictionary(grouping: open.indices) {
            $0 % max(1, report.shards.filter { !$0.phase.isComplete }.count)
        }
        toCome = estimate(
            DownloadForecast(
                missing: shards.sorted { $0.key < $1.key }.map { $0.value.map { open[$0].object.dataType } },
                sharesAddress: !isDirect
            )
        )
    }

    /// All of it for programs: one document of schema 1.
    var json: JSONObject {
        func part(_ estimate: Estimate) -> JSONValue {
            let lines = estimate.lines.map { line -> JSONValue in
                [
                    "what": .string(line.what), "usd": line.usd.map(JSONValue.double) ?? .null,
                    "monthly": .bool(line.isMonthly),
                ]
            }
            return [
                "once_usd": .double(estimate.once), "monthly_usd": .double(estimate.monthly),
                "complete": .bool(estimate.isComplete), "lines": .array(lines),
            ]
        }
        return [
            "schema": 1,
            "date": .string(date.description),
            "label": "estimate",
            "prices_as_of": (soFar.asOf ?? toCome.asOf).map { .string($0.description) } ?? .null,
            "prices": .string(soFar.table),
            "vm_seconds": .int(worked.components.seconds),
            "so_far": part(soFar),
            "to_come": part(toCome),
        ]
    }
}

extension DownloadForecast {
    init(files: Int, bytesIn: Int64, bytesOut: Int64, workers: Int, duration: Duration) {
        self.files = files
        self.bytesIn = bytesIn
        self.bytesOut = bytesOut
        self.workers = workers
        self.duration = duration
    }
}

import FleetModel
import Common

/// How much is to be downloaded and how long that takes: an estimate from sizes and rates that others have measured.
struct DownloadForecast: Sendable, Equatable {
    let files: Int
    /// Bytes of their sources.
    let bytesIn: Int64
    /// Bytes of the objects written.
    let bytesOut: Int64
    /// How many VMs or processes have something to do.
    let workers: Int
    /// From the start to the last file.
    let duration: Duration

    /// A forecast for the files still to be downloaded, by shard. Those behind one address share what comes through it.
    init(missing: [[DataType]], sharesAddress: Bool, boot: Duration = ExpectedRates.boot) {
        let work = missing.filter { !$0.isEmpty }.map { $0.map(ExpectedSizes.source) }
        let sums = work.map { $0.reduce(0, +) }
        files = work.reduce(0) { $0 + $1.count }
        bytesIn = sums.reduce(0, +)
        bytesOut = ExpectedSizes.object(source: bytesIn)
        workers = work.count
        let rates = work.map { files in
            min(ExpectedRates.address, Double(min(files.count, ExpectedRates.streamsPerVM)) * ExpectedRates.stream)
        }
        // A shard is not done before its largest file, nor before all of them at its VM's rate.
        let longest = zip(work, zip(sums, rates)).map { files, shard in
            max(Double(files.max() ?? 0) / ExpectedRates.stream, Double(shard.0) / shard.1)
        }.max()
        let rate = rates.reduce(0, +)
        let together = sharesAddress ? min(rate, ExpectedRates.address) : rate
        let seconds = max(longest ?? 0, together > 0 ? Double(bytesIn) / together : 0)
        duration = work.isEmpty ? .zero : boot + .seconds(seconds.rounded(.up))
    }

    init(
        _ state: FleetState,
        range: ClosedRange<Int>? = nil,
        sharesAddress: Bool,
        boot: Duration = ExpectedRates.boot
    ) {
        let missing = state.shards.filter { range?.contains($0.shard) ?? true }.map { shard in
            shard.days.flatMap { day in
                day.files.filter { !$0.isSettled }.map(\.object.dataType)
            }
        }
        self.init(missing: missing, sharesAddress: sharesAddress, boot: boot)
    }
}

import FleetModel
import Common
import Console

/// What a download costs, from a dated table of list prices: an estimate, and every line of it says so.
struct Estimate: Sendable, Equatable {
    /// What is paid for one thing.
    struct Line: Sendable, Equatable, CustomStringConvertible {
        /// What: "60 preemptible e2-highmem-2 for 8m 12s".
        let what: String
        /// US dollars; nil when the table has no price.
        let usd: Double?
        /// Whether it is paid each month that the data is kept, and not once.
        let isMonthly: Bool
        /// The items of the table that have no price.
        let unpriced: [String]

        /// "estimate: 60 preemptible e2-highmem-2 for 8m 12s: $0.38".
        var description: String {
            guard let usd else {
                return "estimate: \(what): no price in the table (\(unpriced.joined(separator: ", ")))"
            }
            return "estimate: \(what): \(Estimate.money(usd))\(isMonthly ? " a month" : "")"
        }
    }

    /// How VMs reach the internet.
    enum Egress: Sendable, Equatable {
        /// Through one Cloud NAT.
        case shared
        /// Each by an address of its own.
        case direct
    }

    /// What is downloaded, and how long that takes.
    let forecast: DownloadForecast
    let lines: [Line]
    /// The day of the oldest price that was used; nil when none was.
    let asOf: CalendarDate?
    let table: String

    /// An estimate for a fleet of VMs of one shape in a region.
    init(
        _ forecast: DownloadForecast,
        shape: MachineShape,
        egress: Egress,
        region: String,
        prices: PriceTable
    ) {
        self.forecast = forecast
        table = prices.name
        var desk = Desk(prices: prices, region: region)
        let vms = Double(forecast.workers)
        // VMs are billed for a minute at least.
        let hours = max(1.0 / 60, forecast.duration / .seconds(3_600))
        let time = Format.duration(forecast.duration)
        let kind = shape.isPreemptible ? "preemptible" : "standard"
        if forecast.workers > 0 {
            desk.add(
                "\(forecast.workers) \(kind) \(shape.machineType) for \(time)",
                [("vm/\(shape.machineType)/\(kind)", vms * hours)]
            )
            let gigabytes = Double(shape.diskGigabytes)
            desk.add(
                "\(forecast.workers) disk\(forecast.workers == 1 ? "" : "s") of \(shape.diskGigabytes) GB \(shape.diskType) for \(time)",
                [("disk/\(shape.diskType)", vms * gigabytes * hours / Self.hoursPerMonth)]
            )
            switch egress {
            case .shared:
                desk.addGateway(vms, hours, time)
                desk.add(
                    "\(Format.bytes(forecast.bytesIn)) through the NAT",
                    [("nat/data", Self.gibibytes(forecast.bytesIn))]
                )
                desk.add("its reserved address for \(time)", [("address/nat", hours)])
            case .direct:
                desk.add("\(forecast.workers) addresses for \(time)", [("address/vm/\(kind)", vms * hours)])
            }
            // One to write each object, and one every ten seconds for each VM's heartbeat.
            let writes = Double(forecast.files) + vms * hours * 360
            desk.add("\(Format.count(Int64(writes))) writes to the bucket", [("storage/class-a", writes / 1_000)])
            desk.add(
                "\(Format.bytes(forecast.bytesOut)) in the bucket",
                [("storage/standard", Self.gibibytes(forecast.bytesOut))],
                isMonthly: true
            )
        }
        lines = desk.lines
        asOf = desk.asOf
    }

    /// What is paid once, as far as there are prices.
    var once: Double { lines.filter { !$0.isMonthly }.compactMap(\.usd).reduce(0, +) }
    /// What is paid each month, as far as there are prices.
    var monthly: Double { lines.filter(\.isMonthly).compactMap(\.usd).reduce(0, +) }
    /// Whether every line has its price.
    var isComplete: Bool { lines.allSatisfy { $0.usd != nil } }

    /// "estimate: 220 files, 2.2 GB, about 7m; $0.50 once and $0.05 a month (list prices of 2025-03-06, prices.csv)".
    var summary: String {
        guard forecast.files > 0 else { return "estimate: nothing to download, nothing to pay" }
        let work =
            "\(Format.count(Int64(forecast.files))) \(forecast.files == 1 ? "file" : "files"), about "
            + "\(Format.bytes(forecast.bytesIn)) and \(Format.duration(forecast.duration))"
        let atLeast = isComplete ? "" : "at least "
        let day = asOf.map { "list prices of \($0), \(table)" } ?? "no prices in \(table)"
        return "estimate: \(work); \(atLeast)\(Self.money(once)) once and \(Self.money(monthly)) a month (\(day))"
    }

    /// "$1.20", "$0.0046" for less than a cent, "$0".
    static func money(_ usd: Double) -> String {
        if usd == 0 { return "$0" }
        return "$" + Format.fixed(usd, decimals: usd < 0.01 ? 4 : 2)
    }

    static let hoursPerMonth = 730.0
    static func gibibytes(_ bytes: Int64) -> Double { Double(bytes) / 1_073_741_824 }
}

/// Looks up prices and keeps the lines.
private struct Desk {
    let prices: PriceTable
    let region: String
    var lines: [Estimate.Line] = []
    var asOf: CalendarDate?

    mutating func price(_ item: String) -> Double? {
        guard let price = prices.price(item, region: region) else { return nil }
        asOf = min(asOf ?? price.asOf, price.asOf)
        return price.usd
    }

    /// One line of some items, each with how much of it.
    mutating func add(_ what: String, _ items: [(name: String, amount: Double)], isMonthly: Bool = false) {
        var (sum, unpriced) = (0.0, [String]())
        for item in items {
            if let usd = price(item.name) { sum += usd * item.amount } else { unpriced.append(item.name) }
        }
        let usd = unpriced.isEmpty ? sum : nil
        lines.append(Estimate.Line(what: what, usd: usd, isMonthly: isMonthly, unpriced: unpriced))
    }

    /// A gateway costs for each VM, up to a cap.
    mutating func addGateway(_ vms: Double, _ hours: Double, _ time: String) {
        let each = price("nat/vm")
        let cap = price("nat/vm-cap")
        let usd = each.map { min(vms * $0, cap ?? .infinity) * hours }
        lines.append(
            Estimate.Line(
                what: "a Cloud NAT for \(time)",
                usd: usd,
                isMonthly: false,
                unpriced: each == nil ? ["nat/vm"] : []
            )
        )
    }
}

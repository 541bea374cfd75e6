import FleetModel
import Common
import Console
import Text

/// What a fleet is for: some dates, the instruments with their data types, and the number of VMs among which they are
/// divided. Each VM brings its shard of every date.
struct FleetRun: Sendable, Equatable {
    /// The dates, without repetition, earliest first.
    let dates: [CalendarDate]
    /// The instruments in the order that decides their shards.
    let instruments: [Instrument]
    /// How many shards and therefore VMs there are: 1 to the number of instruments.
    let shards: Int
    /// `YYYYMMDD-NNN-hhhhhhhh`: first date, shards, and a hash of dates, instruments with types, and shards. The same options
    /// give the same id on every machine and in every version.
    let id: String
    private let plan: Plan

    /// A run; more shards than instruments are lowered to these. Throws `UsageError` when there is nothing to do.
    init(dates: [CalendarDate], instruments: [Instrument], shards: Int) throws(UsageError) {
        let days = Set(dates).sorted()
        guard let first = days.first else { throw UsageError("there is no date to download; give one with --date") }
        guard !instruments.isEmpty else {
            throw UsageError("no instrument is left to download; see --venues, --symbols and --data-types")
        }
        self.dates = days
        self.instruments = instruments
        self.shards = max(1, min(shards, instruments.count))
        plan = Plan(date: first, instruments: instruments, shards: self.shards, created: 0)
        id = Self.id(first, days, instruments, self.shards)
    }

    /// The dates as metadata has them, with commas.
    var datesText: String { dates.map(\.description).joined(separator: ",") }

    /// The id of its plan, the same for each date.
    var planID: PlanID { plan.id }

    /// The run's plans of its dates; `created` in microseconds since 1970.
    func plans(created: Int64) -> [Plan] { dates.map { plan(for: $0, created: created) } }

    /// The run's plan of one of its dates; `created` in microseconds since 1970.
    func plan(for date: CalendarDate, created: Int64) -> Plan {
        plan.on(date, created: created)
    }

    private static func id(_ first: CalendarDate, _ days: [CalendarDate], _ instruments: [Instrument], _ shards: Int)
        -> String
    {
        var lines = days.map(\.description)
        lines += instruments.map(\.line)
        lines.append("\(shards)")
        let day = first.description.replacing("-", with: "")
        return "\(day)-\(CivilTime.digits(Int64(shards), 3))-\(StableHash.hex(lines.joined(separator: "\n")))"
    }
}

import FleetModel
import Testing

@Suite struct PlanChoiceTests {
    private func plan(_ day: String, _ shards: Int, instruments: Int = 4) throws -> Plan {
        let all = (0..<instruments).map { Instrument(venue: .binanceSpot, symbol: "S\($0)", kind: .spot) }
        return Plan(date: try date(day), instruments: all, shards: shards, created: 5)
    }

    @Test func aFirstRunWritesTheDatesPlanOnce() throws {
        let plan = try plan("2023-05-23", 2)
        let choice = PlanChoice([plan], existing: [:])
        #expect(choice.name == .standard)
        #expect(choice.missing == [plan])
        let again = PlanChoice([plan], existing: [plan.date: [.standard: plan.id]])
        #expect(again.name == .standard)
        #expect(again.missing.isEmpty)
    }

    @Test(
        "a plan that is there is never replaced, be the other one larger or divided otherwise",
        arguments: [(2, 3), (4, 4), (4, 6)]
    )
    func nothingIsReplaced(shards: Int, instruments: Int) throws {
        let first = try plan("2023-05-23", 2, instruments: 4)
        let other = try plan("2023-05-23", shards, instruments: instruments)
        let choice = PlanChoice([other], existing: [first.date: [.standard: first.id]])
        #expect(choice.name == PlanName(id: other.id))
        #expect(choice.missing == [other])
        let there: [CalendarDate: [PlanName: PlanID]] = [first.date: [.standard: first.id, choice.name: other.id]]
        #expect(PlanChoice([other], existing: there).missing.isEmpty)
        #expect(PlanChoice([first], existing: there).name == .standard)
    }

    /// All VMs of a run have the same metadata, so one name has to do for all dates.
    @Test func oneNameServesAllDates() throws {
        let (first, second) = (try plan("2023-05-23", 2), try plan("2023-05-24", 2))
        let other = try plan("2023-05-23", 4)
        let choice = PlanChoice([first, second], existing: [first.date: [.standard: other.id]])
        #expect(choice.name == PlanName(id: first.id))
        #expect(choice.missing == [first, second])
        #expect(first.id == second.id)
    }
}

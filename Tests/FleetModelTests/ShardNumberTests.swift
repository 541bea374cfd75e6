@testable import FleetModel
import Console
import Testing

struct ShardNumberTests {
    @Test(arguments: [
        ("tick-data-vm-0", 0, 0), ("tick-data-vm-7", 0, 7), ("tick-data-vm-67", 60, 7), ("vm-60", 60, 0),
        ("a1-2-3", 1, 2),
    ])
    func theShardIsTheNumberLessTheOffset(vm: String, offset: Int, shard: Int) throws {
        #expect(try ShardNumber.shard(ofVM: vm, offset: offset) == shard)
    }

    @Test(arguments: ["tick-data-vm", "tick-data-vm-", "vm-07", "vm-x", "7", "-7", "vm-+7", "vm7", "", "vm-7 ", "vm-٧"])
    func aNameWithoutANumberIsAUsageError(vm: String) {
        let error = #expect(throws: UsageError.self) { try ShardNumber.shard(ofVM: vm, offset: 0) }
        #expect("\(error as Any)".contains("--vm-name \(vm)"))
    }

    @Test func aNumberBelowTheOffsetIsAUsageErrorWithBothNumbers() {
        let error = #expect(throws: UsageError.self) { try ShardNumber.shard(ofVM: "vm-59", offset: 60) }
        #expect("\(error as Any)".contains("number 59"))
        #expect("\(error as Any)".contains("--shard-offset 60"))
    }

    @Test func aShardThatThePlanDoesNotHaveIsAUsageErrorWithAllNumbers() throws {
        let instrument = Instrument(venue: .binanceSpot, symbol: "BTCUSDT", kind: .spot)
        let plan = Plan(date: try date("2023-05-23"), instruments: [instrument], shards: 3, created: 0)
        try ShardNumber.check(2, origin: "vm-2", plan: plan)
        let error = #expect(throws: UsageError.self) { try ShardNumber.check(3, origin: "vm-3", plan: plan) }
        #expect("\(error as Any)".contains("vm-3 is shard 3, but the plan of 2023-05-23 has 3 shards"))
    }
}

@testable import Fleet
import Testing

@Suite struct FleetNamesTests {
    @Test(arguments: [
        ("tick-data-vm-0", 0), ("tick-data-vm-119", 119), ("tick-data-vm-x", nil), ("my-tick-data-vm-1", nil),
        ("tick-data-vm-01", nil), ("tick-data-vm--1", nil), ("tick-data-vm-", nil), ("tick-data-vm", nil),
        ("tick-data-vm-1-2", nil), ("tick-data-vm-+1", nil),
    ])
    func theNumberIsThatOfAnExactName(name: String, number: Int?) {
        #expect(FleetNames.number(of: name, prefix: "tick-data-vm") == number)
    }
}

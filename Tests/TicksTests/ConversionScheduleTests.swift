import Testing

@testable import Ticks

struct ConversionScheduleTests {
    private typealias Action = ConversionSchedule.Action
    private static let plenty = ConversionSchedule.Supply(hasInput: true, hasRoom: true)
    private static let nothing = ConversionSchedule.Supply(hasInput: false, hasRoom: true)

    /// A schedule whose first block, of many, has been decoded; its groups are reading.
    private func reading(groups: Int) -> ConversionSchedule {
        var schedule = ConversionSchedule()
        #expect(schedule.handle(.bytesMoved, Self.plenty) == [.decode])
        #expect(schedule.handle(.columnsDealt(groupCount: groups), Self.plenty) == [])
        let reads = (0..<groups).map { Action.read(group: $0, block: 0) }
        #expect(schedule.handle(.decodedBlock(isLast: false), Self.plenty) == [.decode, .compare(block: 0)])
        #expect(schedule.handle(.comparedBlock(0), Self.plenty) == reads)
        return schedule
    }

    @Test func blocksAreReadInOrderHoweverTheyAreCompared() {
        var schedule = reading(groups: 1)
        #expect(schedule.handle(.decodedBlock(isLast: false), Self.plenty) == [.decode, .compare(block: 1)])
        #expect(schedule.handle(.decodedBlock(isLast: false), Self.plenty) == [.compare(block: 2)])
        #expect(schedule.handle(.comparedBlock(2), Self.nothing) == [])
        #expect(schedule.handle(.readBlock(group: 0, endedRowGroups: 0), Self.nothing) == [.release(block: 0)])
        #expect(schedule.handle(.comparedBlock(1), Self.nothing) == [.read(group: 0, block: 1)])
        let next = schedule.handle(.readBlock(group: 0, endedRowGroups: 0), Self.nothing)
        #expect(next == [.release(block: 1), .read(group: 0, block: 2)])
    }

    @Test(arguments: [(false, false), (false, true), (true, false), (true, true)])
    func decodingNeedsInputAndRoom(hasInput: Bool, hasRoom: Bool) {
        var schedule = ConversionSchedule()
        let supply = ConversionSchedule.Supply(hasInput: hasInput, hasRoom: hasRoom)
        #expect(schedule.handle(.bytesMoved, supply) == (hasInput && hasRoom ? [.decode] : []))
    }

    @Test func oneJobDecodesAtATime() {
        var schedule = ConversionSchedule()
        #expect(schedule.handle(.bytesMoved, Self.plenty) == [.decode])
        #expect(schedule.handle(.bytesMoved, Self.plenty) == [])
        #expect(schedule.handle(.decodedPart, Self.plenty) == [.decode])
        #expect(schedule.handle(.decodedPart, Self.nothing) == [])
        #expect(schedule.handle(.bytesMoved, Self.plenty) == [.decode])
    }

    @Test func fourBlocksAreDecodedAheadOfTheSlowestGroup() {
        var schedule = reading(groups: 2)
        #expect(schedule.handle(.decodedBlock(isLast: false), Self.plenty) == [.decode, .compare(block: 1)])
        #expect(schedule.handle(.comparedBlock(1), Self.plenty) == [])
        #expect(schedule.handle(.decodedBlock(isLast: false), Self.plenty) == [.decode, .compare(block: 2)])
        #expect(schedule.handle(.comparedBlock(2), Self.plenty) == [])
        #expect(schedule.handle(.decodedBlock(isLast: false), Self.plenty) == [.compare(block: 3)])
        #expect(schedule.handle(.comparedBlock(3), Self.plenty) == [])
        for block in 1...3 {
            let next = schedule.handle(.readBlock(group: 0, endedRowGroups: 0), Self.plenty)
            #expect(next == [.read(group: 0, block: block)])
        }
        let last = schedule.handle(.readBlock(group: 1, endedRowGroups: 0), Self.plenty)
        #expect(last == [.release(block: 0), .decode, .read(group: 1, block: 1)])
    }

    /// Where the next but one is cut is decided by what is in it.
    @Test func aBlockIsComparedBeforeTheNextButOneIsDecoded() {
        var schedule = reading(groups: 1)
        #expect(schedule.handle(.decodedBlock(isLast: false), Self.plenty) == [.decode, .compare(block: 1)])
        #expect(schedule.handle(.decodedBlock(isLast: false), Self.plenty) == [.compare(block: 2)])
        #expect(schedule.handle(.comparedBlock(2), Self.plenty) == [])
        #expect(schedule.handle(.comparedBlock(1), Self.plenty) == [.decode])
    }

    @Test func aGroupWithoutABlockWaitsForTheNext() {
        var schedule = reading(groups: 2)
        #expect(schedule.handle(.readBlock(group: 1, endedRowGroups: 0), Self.plenty) == [])
        #expect(schedule.handle(.decodedBlock(isLast: false), Self.nothing) == [.compare(block: 1)])
        #expect(schedule.handle(.comparedBlock(1), Self.nothing) == [.read(group: 1, block: 1)])
        let next = schedule.handle(.readBlock(group: 0, endedRowGroups: 0), Self.nothing)
        #expect(next == [.release(block: 0), .read(group: 0, block: 1)])
    }

    @Test func rowGroupsAreWrittenInOrderAndOneAtATime() {
        var schedule = reading(groups: 2)
        #expect(schedule.handle(.readBlock(group: 0, endedRowGroups: 2), Self.nothing) == [])
        let first = schedule.handle(.readBlock(group: 1, endedRowGroups: 3), Self.nothing)
        #expect(first == [.release(block: 0), .write(rowGroup: 0)])
        #expect(schedule.handle(.bytesMoved, Self.nothing) == [])
        #expect(schedule.handle(.wroteRowGroup, Self.nothing) == [.write(rowGroup: 1)])
        #expect(schedule.handle(.wroteRowGroup, Self.nothing) == [])
    }

    @Test func theEndFollowsTheLastRowGroup() {
        var schedule = reading(groups: 1)
        #expect(schedule.handle(.decodedBlock(isLast: true), Self.plenty) == [.compare(block: 1)])
        #expect(schedule.handle(.comparedBlock(1), Self.plenty) == [])
        let next = schedule.handle(.readBlock(group: 0, endedRowGroups: 0), Self.plenty)
        #expect(next == [.release(block: 0), .read(group: 0, block: 1)])
        let last = schedule.handle(.readBlock(group: 0, endedRowGroups: 1), Self.plenty)
        #expect(last == [.release(block: 1), .write(rowGroup: 0)])
        #expect(schedule.handle(.wroteRowGroup, Self.plenty) == [.writeEnd])
        #expect(schedule.handle(.bytesMoved, Self.plenty) == [])
    }

    @Test func aFileWithoutRowsHasAnEnd() {
        var schedule = ConversionSchedule()
        #expect(schedule.handle(.bytesMoved, Self.plenty) == [.decode])
        #expect(schedule.handle(.columnsDealt(groupCount: 1), Self.plenty) == [])
        #expect(schedule.handle(.decodedBlock(isLast: true), Self.plenty) == [.compare(block: 0)])
        #expect(schedule.handle(.comparedBlock(0), Self.plenty) == [.read(group: 0, block: 0)])
        let last = schedule.handle(.readBlock(group: 0, endedRowGroups: 0), Self.plenty)
        #expect(last == [.release(block: 0), .writeEnd])
    }

    @Test func nothingFollowsAStop() {
        var schedule = reading(groups: 2)
        let stops = [schedule.stop(), schedule.stop()]
        #expect(stops == [true, false])
        #expect(schedule.handle(.decodedBlock(isLast: false), Self.plenty) == [])
        #expect(schedule.handle(.readBlock(group: 0, endedRowGroups: 1), Self.plenty) == [])
        #expect(schedule.handle(.readBlock(group: 1, endedRowGroups: 1), Self.plenty) == [])
    }

    /// Jobs that end in any order, bytes and room that come and go: everything is done once and in order, and never is nothing
    /// under way while there is something to do.
    @Test(arguments: UInt64(1)...200)
    func everyOrderOfJobsEndsTheFile(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let groupCount = Int.random(in: 1...6, using: &random)
        let rowGroupsInBlock = (0..<Int.random(in: 1...20, using: &random)).map { _ in
            Int.random(in: 0...2, using: &random)
        }
        var schedule = ConversionSchedule()
        var underWay: [Action] = []
        var decoded = 0
        var released = 0
        var compared: Set<Int> = []
        var blocksRead = Array(repeating: 0, count: groupCount)
        var written = 0
        var hasEnded = false

        func handle(_ event: ConversionSchedule.Event, _ supply: ConversionSchedule.Supply) throws {
            for action in schedule.handle(event, supply) {
                switch action {
                case .decode:
                    try #require(!underWay.contains(.decode) && decoded - released < ConversionSchedule.mostBlocks)
                    try #require(supply.hasInput && supply.hasRoom)
                    try #require((0..<max(0, decoded - 1)).allSatisfy(compared.contains))
                    underWay.append(action)
                case .compare(let block):
                    try #require(block < decoded && !underWay.contains(action) && !compared.contains(block))
                    underWay.append(action)
                case .read(let group, let block):
                    try #require(blocksRead[group] == block && compared.contains(block))
                    underWay.append(action)
                case .release(let block):
                    try #require(block == released && blocksRead.allSatisfy { $0 > block })
                    released += 1
                case .write(let rowGroup):
                    let ended = blocksRead.map { rowGroupsInBlock[..<$0].reduce(0, +) }
                    try #require(rowGroup == written && ended.allSatisfy { $0 > rowGroup })
                    underWay.append(action)
                case .writeEnd:
                    try #require(!hasEnded && released == rowGroupsInBlock.count)
                    try #require(written == rowGroupsInBlock.reduce(0, +))
                    hasEnded = true
                }
            }
        }

        while !hasEnded {
            guard let index = underWay.indices.randomElement(using: &random) else {
                // Whatever stopped for want of bytes or room goes on when they come.
                try handle(.bytesMoved, Self.plenty)
                try #require(hasEnded || !underWay.isEmpty, "seed \(seed): nothing to do after \(decoded) blocks")
                continue
            }
            let supply = ConversionSchedule.Supply(hasInput: random.next() % 4 > 0, hasRoom: random.next() % 4 > 0)
            switch underWay.remove(at: index) {
            case .decode where random.next() % 3 == 0: try handle(.decodedPart, supply)
            case .decode:
                if decoded == 0 { try handle(.columnsDealt(groupCount: groupCount), supply) }
                decoded += 1
                try handle(.decodedBlock(isLast: decoded == rowGroupsInBlock.count), supply)
            case .compare(let block):
                compared.insert(block)
                try handle(.comparedBlock(block), supply)
            case .read(let group, let block):
                blocksRead[group] += 1
                try handle(.readBlock(group: group, endedRowGroups: rowGroupsInBlock[block]), supply)
            default:
                written += 1
                try handle(.wroteRowGroup, supply)
            }
        }
        #expect(underWay.isEmpty && blocksRead == Array(repeating: rowGroupsInBlock.count, count: groupCount))
    }
}

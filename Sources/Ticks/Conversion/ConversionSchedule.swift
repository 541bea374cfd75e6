/// Decides what a conversion does next, and does none of it: event in, actions out.
///
/// One job at a time decodes the source into blocks. The rows of a block are then compared with those above them, each block by itself.
/// The columns are dealt out into groups; each group reads block after block, one at a time, so that blocks and groups overlap
/// freely while every column sees its rows in order. A block is released when all groups have read it. Row groups are written in order, one at a time, each when all groups have finished it; the end of
/// the file follows the last. What an action names is named by no other action until an event has said that it is done.
struct ConversionSchedule {
    enum Event: Equatable {
        /// Bytes came, were taken, or the source ended: what `Supply` says may have changed.
        case bytesMoved
        /// The header is known, and the columns are in groups. Comes before the first block.
        case columnsDealt(groupCount: Int)
        /// The decoding job has ended for want of bytes, without a block.
        case decodedPart
        /// The decoding job has ended with a block, the last of the source or not.
        case decodedBlock(isLast: Bool)
        /// This block has been compared.
        case comparedBlock(Int)
        /// A group has read its block, and has encoded its part of the row groups that ended in it.
        case readBlock(group: Int, endedRowGroups: Int)
        /// The row group that was to be written is written.
        case wroteRowGroup
    }

    /// What is to be done now. Blocks and row groups are numbered from 0.
    enum Action: Equatable {
        /// Decode until a block is full or the bytes are used up.
        case decode
        /// Compare the rows of a block.
        case compare(block: Int)
        /// Let a group read a block.
        case read(group: Int, block: Int)
        /// Nobody needs this block any more.
        case release(block: Int)
        /// Write this row group, of which all chunks are there.
        case write(rowGroup: Int)
        /// Write what follows the last row group.
        case writeEnd
    }

    /// What the pipes at both ends of a conversion allow.
    struct Supply {
        /// Whether there are bytes enough to be worth a job, or the source has ended.
        var hasInput: Bool
        /// Whether the reader keeps up, so that more may be made for it.
        var hasRoom: Bool
    }

    /// Blocks that are decoded and not read by all groups, at most.
    static let mostBlocks = 4
    /// Blocks that are decoded and not compared while the next is decoded, at most: what is in the others decides where it is cut.
    static let mostUncompared = 1

    private struct Group {
        var nextBlock = 0
        var endedRowGroups = 0
        var isReading = false
    }

    private var isDecoding = false
    private var isDecoded = false
    private var isWriting = false
    private var hasStopped = false
    private var groups: [Group] = []
    /// Blocks so far, and so the number of the next one.
    private(set) var decodedBlocks = 0
    private var releasedBlocks = 0
    private var sentBlocks = 0
    /// Blocks that have been compared: all before `comparedBlocks`, and these.
    private var comparedBlocks = 0
    private var comparedAhead: Set<Int> = []
    private var startedRowGroups = 0

    /// Ends the conversion, well or not: no action follows any event. False when it has ended before.
    mutating func stop() -> Bool {
        defer { hasStopped = true }
        return !hasStopped
    }

    /// Notes an event and returns what is to be done because of it, in this order.
    mutating func handle(_ event: Event, _ supply: Supply) -> [Action] {
        note(event)
        guard !hasStopped else { return [] }
        var actions: [Action] = []
        releaseBlocks(&actions)
        startDecoding(supply, &actions)
        startComparing(&actions)
        startReading(&actions)
        startWriting(&actions)
        return actions
    }

    private mutating func note(_ event: Event) {
        switch event {
        case .bytesMoved: break
        case .columnsDealt(let count): groups = Array(repeating: Group(), count: count)
        case .decodedPart: isDecoding = false
        case .decodedBlock(let isLast):
            isDecoding = false
            isDecoded = isLast
            decodedBlocks += 1
        case .comparedBlock(let number):
            comparedAhead.insert(number)
            while comparedAhead.remove(comparedBlocks) != nil { comparedBlocks += 1 }
        case .readBlock(let group, let ended):
            groups[group].isReading = false
            groups[group].nextBlock += 1
            groups[group].endedRowGroups += ended
        case .wroteRowGroup: isWriting = false
        }
    }

    private mutating func releaseBlocks(_ actions: inout [Action]) {
        let read = groups.map(\.nextBlock).min() ?? 0
        actions += (releasedBlocks..<read).map { .release(block: $0) }
        releasedBlocks = read
    }

    private mutating func startDecoding(_ supply: Supply, _ actions: inout [Action]) {
        guard !isDecoding, !isDecoded, supply.hasInput, supply.hasRoom,
            decodedBlocks - releasedBlocks < Self.mostBlocks, decodedBlocks - comparedBlocks <= Self.mostUncompared
        else { return }
        isDecoding = true
        actions.append(.decode)
    }

    private mutating func startComparing(_ actions: inout [Action]) {
        actions += (sentBlocks..<decodedBlocks).map { .compare(block: $0) }
        sentBlocks = decodedBlocks
    }

    private mutating func startReading(_ actions: inout [Action]) {
        for index in groups.indices where !groups[index].isReading && groups[index].nextBlock < comparedBlocks {
            groups[index].isReading = true
            actions.append(.read(group: index, block: groups[index].nextBlock))
        }
    }

    private mutating func startWriting(_ actions: inout [Action]) {
        guard !isWriting, let ended = groups.map(\.endedRowGroups).min() else { return }
        if startedRowGroups < ended {
            actions.append(.write(rowGroup: startedRowGroups))
            startedRowGroups += 1
        } else if isDecoded, releasedBlocks == decodedBlocks {
            actions.append(.writeEnd)
        } else {
            return
        }
        isWriting = true
    }
}

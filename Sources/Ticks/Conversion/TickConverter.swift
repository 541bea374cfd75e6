internal import Parquet
internal import Synchronization

/// Turns a tick file, as Tardis serves it, into a Parquet file, both as streams: bytes go in with `write` and `finish`, the
/// file's bytes come out of `read` in order. Nothing is kept but a row group and a few blocks.
///
/// The work runs in jobs on a `WorkPool`. One job at a time decodes text into blocks; the columns are dealt out into groups, and
/// each group reads block after block, so blocks and columns overlap freely while every column sees its rows in order.
public final class TickConverter: Sendable {
    private let pool: WorkPool
    private let options: ConversionOptions
    private let state: Mutex<State>
    private let stages: Stages

    /// Compressed bytes that wait before a writer has to.
    private static let mostInput = 1 << 20
    /// Compressed bytes worth a job.
    private static let leastInput = 32 << 10
    /// Blocks that are decoded and not read by all groups.
    private static let mostBlocks = 4
    /// Finished bytes that wait for a reader before decoding stops.
    private static let mostOutput = 8 << 20

    /// The parts that jobs work on. `@unchecked`: `reader` is used by the one decoding job, each group by the one job that has
    /// marked it busy, `file` by the one assembling job; `state` hands them on.
    private final class Stages: @unchecked Sendable {
        let reader: BlockReader
        var groups: [ColumnGroup] = []
        var file: FileAssembler?
        var pending: [UInt8] = []
        var consumed = 0

        init(reader: BlockReader) { self.reader = reader }
    }

    /// A block, and how many groups have yet to read it. `@unchecked`: it is not written to once it is published.
    private struct Published: @unchecked Sendable {
        let block: CSVBlock
        var readers: Int
    }

    private struct State {
        var input: [[UInt8]] = []
        var inputBytes = 0
        var isInputEnded = false
        var isDecoding = false
        var isDecoded = false
        var blocks: [Int: Published] = [:]
        var blockCount = 0
        var nextBlock: [Int] = []
        var isBusy: [Bool] = []
        var finishedGroups = 0
        var columnCount = 0
        var chunks: [Int: [EncodedChunk?]] = [:]
        var nextRowGroup = 0
        var isAssembling = false
        var output: [[UInt8]] = []
        var outputHead = 0
        var outputBytes = 0
        var totalOutput: Int64 = 0
        var isOutputEnded = false
        var localTimestamps: ClosedRange<Int64>?
        var unknownColumns: [String] = []
        var type: TickType?
        var summary: ConversionSummary?
        var failure: (any Error)?
        var writer: Writer?
        var reader: Reader?
    }

    private typealias Writer = CheckedContinuation<Void, any Error>
    private typealias Reader = CheckedContinuation<[UInt8]?, any Error>

    /// A conversion that computes on `pool`.
    public init(options: ConversionOptions, pool: WorkPool) {
        self.options = options
        self.pool = pool
        stages = Stages(reader: BlockReader(options: options, pool: pool))
        state = Mutex(State())
        state.withLock { $0.type = options.type }
    }

    // MARK: The outside

    /// Takes the next bytes of the source; returns when there is room for more. Throws what the conversion failed with.
    public func write(_ bytes: [UInt8]) async throws {
        guard !bytes.isEmpty else { return }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let isReady = state.withLock { state in
                    if state.failure != nil { return true }
                    state.input.append(bytes)
                    state.inputBytes += bytes.count
                    if state.inputBytes <= Self.mostInput { return true }
                    state.writer = continuation
                    return false
                }
                if isReady { continuation.resume(with: result()) }
                decodeIfUseful()
            }
        } onCancel: {
            cancel()
        }
    }

    /// The source has ended.
    public func finish() {
        state.withLock { $0.isInputEnded = true }
        decodeIfUseful()
    }

    /// The next bytes of the file, nil after its last. Throws what the conversion failed with. One reader at a time.
    public func read() async throws -> [UInt8]? {
        let piece: [UInt8]? = try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let answer: Result<[UInt8]?, any Error>? = state.withLock { state in
                    if let failure = state.failure { return .failure(failure) }
                    if state.outputHead < state.output.count {
                        return .success(Self.takeOutput(&state))
                    }
                    if state.isOutputEnded { return .success(nil) }
                    state.reader = continuation
                    return nil
                }
                if let answer { continuation.resume(with: answer) }
            }
        } onCancel: {
            cancel()
        }
        decodeIfUseful()
        return piece
    }

    /// Gives the conversion up, as `fail` does.
    public func cancel() {
        fail(TickError(.cancelled, "\(options.source): the conversion was given up"))
    }

    /// What was done; nil before `read` has answered nil.
    public var summary: ConversionSummary? { state.withLock { $0.summary } }

    private func result() -> Result<Void, any Error> {
        state.withLock { state in state.failure.map { .failure($0) } ?? .success(()) }
    }

    private static func takeOutput(_ state: inout State) -> [UInt8] {
        let piece = state.output[state.outputHead]
        state.output[state.outputHead] = []
        state.outputHead += 1
        state.outputBytes -= piece.count
        if state.outputHead == state.output.count {
            state.output.removeAll(keepingCapacity: true)
            state.outputHead = 0
        }
        return piece
    }

    /// Gives the conversion up because of a failure elsewhere: every call from now on throws `error`, unless it has failed or
    /// ended before.
    public func fail(_ error: any Error) {
        let waiting = state.withLock {
            state -> (CheckedContinuation<Void, any Error>?, CheckedContinuation<[UInt8]?, any Error>?) in
            guard state.failure == nil, !state.isOutputEnded else { return (nil, nil) }
            state.failure = error
            state.input = []
            state.output = []
            state.outputHead = 0
            state.chunks = [:]
            defer {
                state.writer = nil
                state.reader = nil
            }
            return (state.writer, state.reader)
        }
        waiting.0?.resume(throwing: error)
        waiting.1?.resume(throwing: error)
    }

    // MARK: Decoding

    private func decodeIfUseful() {
        let starts = state.withLock { state in
            guard !state.isDecoding, !state.isDecoded, state.failure == nil, state.blocks.count < Self.mostBlocks,
                state.outputBytes < Self.mostOutput,
                state.isInputEnded || state.inputBytes >= Self.leastInput
            else { return false }
            state.isDecoding = true
            return true
        }
        if starts { pool.submit { [self] _ in decode() } }
    }

    /// Decodes what is there into at most one block, and publishes it.
    private func decode() {
        do {
            let block = try nextBlock()
            if let block { try publish(block) }
        } catch {
            fail(error)
        }
        let writer = state.withLock { state in
            state.isDecoding = false
            guard state.inputBytes <= Self.mostInput / 2 else { return nil as Writer? }
            defer { state.writer = nil }
            return state.writer
        }
        writer?.resume()
        decodeIfUseful()
    }

    private func nextBlock() throws -> CSVBlock? {
        while true {
            if stages.consumed == stages.pending.count {
                let (input, isEnded) = state.withLock { state in
                    defer { state.input = [] }
                    return (state.input, state.isInputEnded)
                }
                stages.pending = Self.joined(input)
                stages.consumed = 0
                if input.isEmpty {
                    guard isEnded else { return nil }
                    return try stages.reader.finish()
                }
            }
            let step = try stages.pending.withUnsafeBufferPointer { bytes in
                try stages.reader.fill(UnsafeBufferPointer(rebasing: bytes[stages.consumed...]))
            }
            stages.consumed += step.consumed
            state.withLock { $0.inputBytes -= step.consumed }
            if let block = step.block { return block }
        }
    }

    private static func joined(_ pieces: [[UInt8]]) -> [UInt8] {
        guard pieces.count > 1 else { return pieces.first ?? [] }
        var all: [UInt8] = []
        all.reserveCapacity(pieces.reduce(0) { $0 + $1.count })
        for piece in pieces { all.append(contentsOf: piece) }
        return all
    }

    private func publish(_ block: CSVBlock) throws {
        if stages.groups.isEmpty { try prepareColumns() }
        let isLast = block.isLast
        let idle = state.withLock { state -> [Int] in
            state.blocks[state.blockCount] = Published(block: block, readers: state.nextBlock.count)
            state.blockCount += 1
            if isLast { state.isDecoded = true }
            return state.isBusy.indices.filter { group in
                defer { state.isBusy[group] = true }
                return !state.isBusy[group]
            }
        }
        for group in idle { submit(group) }
    }

    /// The header is known: makes the columns, and deals them out.
    private func prepareColumns() throws(TickError) {
        guard let header = stages.reader.header ?? options.type?.header else {
            throw TickError(
                .unknownType,
                "\(options.source): the file is empty, without even a header; say which data type it is to get an empty file"
            )
        }
        let unknown = header.filter { TickType.kind(ofColumn: $0) == nil }
        let readers = header.enumerated().map { index, name in
            ColumnReader(
                name: name,
                kind: TickType.kind(ofColumn: name) ?? .text,
                position: index,
                columns: header.count,
                options: options.writer
            )
        }
        stages.groups = deal(readers).map { ColumnGroup(columns: $0, source: options.source) }
        var file = FileAssembler(
            fields: readers.map(\.builder.field),
            sortedBy: "local_timestamp",
            createdBy: options.createdBy
        )
        let magic = file.begin()
        stages.file = file
        let groupCount = stages.groups.count
        state.withLock { state in
            state.nextBlock = Array(repeating: 0, count: groupCount)
            state.isBusy = Array(repeating: false, count: groupCount)
            state.columnCount = header.count
            state.unknownColumns = unknown
            if state.type == nil { state.type = TickType(header: header) }
        }
        deliver(magic)
    }

    /// Heaviest first, each to the group that has least to do.
    private func deal(_ readers: [ColumnReader]) -> [[(index: Int, reader: ColumnReader)]] {
        let count = min(readers.count, 2 * pool.threadCount)
        var groups: [[(index: Int, reader: ColumnReader)]] = Array(repeating: [], count: count)
        var loads = Array(repeating: 0, count: count)
        for entry in readers.enumerated().sorted(by: { ($1.element.weight, $0.offset) < ($0.element.weight, $1.offset) }
        ) {
            let least = loads.indices.min { loads[$0] < loads[$1] } ?? 0
            groups[least].append((entry.offset, entry.element))
            loads[least] += entry.element.weight
        }
        return groups
    }

    // MARK: Reading columns

    private func submit(_ group: Int) {
        pool.submit { [self] scratch in work(group, scratch) }
    }

    /// Lets a group read its next block, and comes back for another after the jobs that already wait.
    private func work(_ group: Int, _ scratch: WorkPool.Scratch) {
        let next = state.withLock { state -> Published? in
            guard state.failure == nil, let next = state.blocks[state.nextBlock[group]] else {
                state.isBusy[group] = false
                return nil
            }
            return next
        }
        guard let block = next?.block else { return }
        do {
            let finished = try stages.groups[group].read(block, scratch)
            let isLast = block.isLast
            let spent = state.withLock { state -> Published? in
                for part in finished { Self.place(part, &state) }
                if isLast { state.finishedGroups += 1 }
                let number = state.nextBlock[group]
                state.nextBlock[group] += 1
                state.blocks[number]?.readers -= 1
                guard state.blocks[number]?.readers == 0 else { return nil }
                return state.blocks.removeValue(forKey: number)
            }
            if let spent {
                pool.giveBack(spent.block)
                decodeIfUseful()
            }
            assembleIfReady()
            submit(group)
        } catch {
            fail(error)
        }
    }

    private static func place(_ part: ColumnGroup.Finished, _ state: inout State) {
        state.chunks[part.rowGroup, default: Array(repeating: nil, count: state.columnCount)][part.column] = part.chunk
    }

    // MARK: Assembling

    private enum Assembly {
        case rowGroup([EncodedChunk])
        case end
    }

    /// Puts complete row groups into the file, in order, and ends it after the last.
    private func assembleIfReady() {
        while let step = takeAssembly() {
            do {
                try assemble(step)
            } catch {
                fail(error)
            }
            state.withLock { $0.isAssembling = false }
        }
    }

    private func takeAssembly() -> Assembly? {
        state.withLock { state in
            guard !state.isAssembling, !state.isOutputEnded, state.failure == nil else { return nil }
            if let chunks = state.chunks[state.nextRowGroup] {
                let ready = chunks.compactMap(\.self)
                guard ready.count == chunks.count else { return nil }
                state.chunks[state.nextRowGroup] = nil
                state.nextRowGroup += 1
                state.isAssembling = true
                return .rowGroup(ready)
            }
            guard state.finishedGroups == state.nextBlock.count, state.isDecoded else { return nil }
            state.isAssembling = true
            return .end
        }
    }

    private func assemble(_ step: Assembly) throws {
        guard var file = stages.file else { return }
        // The file is moved out, so that it is changed in place.
        stages.file = nil
        switch step {
        case .rowGroup(let chunks):
            let bytes = try file.append(chunks)
            if let times = file.bounds(ofColumn: "local_timestamp", rowGroup: file.rowGroupCount - 1) {
                state.withLock { state in
                    state.localTimestamps =
                        state.localTimestamps.map {
                            min($0.lowerBound, times.lowerBound)...max($0.upperBound, times.upperBound)
                        } ?? times
                }
            }
            stages.file = file
            deliver(bytes)
        case .end:
            let rows = Int64(stages.reader.rowCount)
            guard file.rowCount == rows else {
                throw TickError(.encoding, "\(options.source): \(rows) rows came in, \(file.rowCount) went out")
            }
            let tail = try file.finish(keyValues: options.keyValues + [KeyValue("rows", String(rows))])
            stages.file = file
            deliver(tail, end: true)
        }
    }

    private func deliver(_ bytes: [UInt8], end: Bool = false) {
        let source = stages.reader
        let counts = end ? (Int64(source.rowCount), source.inputBytes, source.csvBytes) : (0, 0, 0)
        let isPlainText = end && source.isPlainText
        let waiting = state.withLock { state -> (Reader, [UInt8])? in
            guard state.failure == nil else { return nil }
            state.output.append(bytes)
            state.outputBytes += bytes.count
            state.totalOutput += Int64(bytes.count)
            if end {
                state.isOutputEnded = true
                state.summary = ConversionSummary(
                    rows: counts.0,
                    inputBytes: counts.1,
                    csvBytes: counts.2,
                    isPlainText: isPlainText,
                    outputBytes: state.totalOutput,
                    localTimestamps: state.localTimestamps,
                    unknownColumns: state.unknownColumns,
                    type: state.type
                )
            }
            guard let reader = state.reader else { return nil }
            state.reader = nil
            return (reader, Self.takeOutput(&state))
        }
        if let (reader, piece) = waiting { reader.resume(returning: piece) }
    }
}

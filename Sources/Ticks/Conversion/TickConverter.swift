internal import Parquet
internal import Synchronization

/// Turns a tick file, as Tardis serves it, into a Parquet file, both as streams: bytes go in with `write` and `finish`, the
/// file's bytes come out of `read` in order. Nothing is kept but a row group and a few blocks.
///
/// What runs when is decided by `ConversionSchedule`; here it is carried out, in jobs on a `WorkPool`.
public final class TickConverter: Sendable {
    private let pool: WorkPool
    private let options: ConversionOptions
    private let input = BoundedPipe(capacity: 1 << 20)
    private let output = BoundedPipe(capacity: 8 << 20)
    private let parts: Parts
    private let shared = Mutex(Shared())

    /// Bytes of the source that are worth a job.
    private static let leastInput = 32 << 10

    /// What jobs work on. `@unchecked`: the schedule names each of these to one job at a time: `reader` to the decoding one, a
    /// group to the one that reads with it, `file` to the one that writes.
    private final class Parts: @unchecked Sendable {
        let reader: BlockReader
        /// The columns' names, once the columns have been dealt.
        var header: [String] = []
        var groups: [ColumnGroup] = []
        var file: FileAssembler?

        init(reader: BlockReader) { self.reader = reader }
    }

    /// `@unchecked`: the schedule lets one job compare a block before any reads it; then it is only read, until it is released. Of its
    /// times each column's are changed by the one group that has the column.
    private struct DecodedBlock: @unchecked Sendable {
        let block: CSVBlock
    }

    /// What jobs hand on to others.
    private struct Shared {
        var schedule = ConversionSchedule()
        var blocks: [Int: DecodedBlock] = [:]
        /// By row group: the chunks that are there, in no order.
        var chunks: [Int: [ColumnGroup.Chunk]] = [:]
        /// By block: the changes of its segments, until the reader has noted them; those of the first `notedBlocks` it has.
        var changes: [Int: [Int]] = [:]
        var notedBlocks = 0
        var summary: ConversionSummary?
    }

    /// A conversion that computes on `pool`.
    public init(options: ConversionOptions, pool: WorkPool) {
        self.options = options
        self.pool = pool
        parts = Parts(reader: BlockReader(options: options, pool: pool))
    }

    // MARK: The outside

    /// Takes the next bytes of the source; returns when there is room for more. Throws what the conversion failed with. One
    /// writer at a time.
    public func write(_ bytes: [UInt8]) async throws {
        guard !bytes.isEmpty else { return }
        try await withTaskCancellationHandler {
            input.put(bytes)
            advance(.bytesMoved)
            try await input.waitForRoom()
        } onCancel: {
            cancel()
        }
    }

    /// The source has ended.
    public func finish() {
        input.end()
        advance(.bytesMoved)
    }

    /// The next bytes of the file, nil after its last. Throws what the conversion failed with. One reader at a time.
    public func read() async throws -> [UInt8]? {
        let piece = try await withTaskCancellationHandler {
            try await output.read()
        } onCancel: {
            cancel()
        }
        advance(.bytesMoved)
        return piece
    }

    /// What was done; nil before `read` has returned nil.
    public var summary: ConversionSummary? { shared.withLock { $0.summary } }

    /// Cancels the conversion, as `fail` does.
    public func cancel() {
        fail(TickError(.cancelled, "\(options.source): the conversion was given up"))
    }

    /// Ends the conversion because of a failure elsewhere: every call from now on throws `error`, unless it has failed or
    /// ended before.
    public func fail(_ error: any Error) {
        let isFirst = shared.withLock { shared in
            guard shared.schedule.stop() else { return false }
            shared.blocks = [:]
            shared.chunks = [:]
            return true
        }
        guard isFirst else { return }
        input.fail(error)
        output.fail(error)
    }

    // MARK: Carrying out

    /// Tells the schedule what has happened, and does what it returns.
    private func advance(_ event: ConversionSchedule.Event) {
        var next: ConversionSchedule.Event? = event
        while let event = next {
            next = nil
            // The pipes are looked at under the schedule's lock: whoever moves bytes comes here afterwards, so that the last to
            // come sees them as they are.
            let actions = shared.withLock { shared in
                shared.schedule.handle(
                    event,
                    .init(
                        hasInput: input.hasEnded || input.byteCount >= Self.leastInput,
                        hasRoom: !output.isFull
                    )
                )
            }
            for action in actions where perform(action) { next = .wroteRowGroup }
        }
    }

    /// True when a row group has been written: that takes no time, and needs no job.
    private func perform(_ action: ConversionSchedule.Action) -> Bool {
        switch action {
        case .decode:
            pool.submit { [self] _ in orFail { try decode() } }
        case .compare(let block):
            pool.submit { [self] _ in compare(block) }
        case .read(let group, let block):
            pool.submit { [self] scratch in orFail { try read(group, block, scratch) } }
        case .release(let block):
            if let spent = shared.withLock({ $0.blocks.removeValue(forKey: block) }) { pool.giveBack(spent.block) }
        case .write(let rowGroup):
            return orFail { try write(rowGroup: rowGroup) }
        case .writeEnd:
            orFail { try writeEnd() }
        }
        return false
    }

    /// Whether the work was done; the conversion fails with what it throws.
    @discardableResult
    private func orFail(_ work: () throws -> Void) -> Bool {
        do {
            try work()
            return true
        } catch {
            fail(error)
            return false
        }
    }

    // MARK: Jobs

    private func decode() throws {
        // Of the blocks that are compared in any case alone, not of those that happen to be: the file is the same at each run.
        let changes = shared.withLock { shared in
            var changes: [[Int]] = []
            while shared.notedBlocks < shared.schedule.decodedBlocks - ConversionSchedule.mostUncompared,
                let counts = shared.changes.removeValue(forKey: shared.notedBlocks)
            {
                changes.append(counts)
                shared.notedBlocks += 1
            }
            return changes
        }
        for counts in changes { parts.reader.note(changes: counts) }
        guard let block = try parts.reader.nextBlock(from: input) else { return advance(.decodedPart) }
        if parts.groups.isEmpty { try dealColumns() }
        let isLast = block.isLast
        let decoded = DecodedBlock(block: block)
        shared.withLock { $0.blocks[$0.schedule.decodedBlocks] = decoded }
        advance(.decodedBlock(isLast: isLast))
    }

    /// The header is known: makes the columns and the file.
    private func dealColumns() throws(TickError) {
        guard let header = parts.reader.header ?? options.type?.header else {
            throw TickError(
                .unknownType,
                "\(options.source): it is empty, without even a header; where its data type is given an empty Parquet file is made of it"
            )
        }
        let readers = header.enumerated().map { position, name in
            ColumnReader(
                name: name,
                kind: TickType.kind(ofColumn: name) ?? .text,
                position: position,
                isStandardLead: TickType.hasStandardLead(header) && position < 4,
                options: options.writer
            )
        }
        var file = FileAssembler(
            fields: readers.map(\.builder.field),
            sortedBy: "local_timestamp",
            createdBy: options.createdBy
        )
        output.put(file.begin())
        parts.header = header
        parts.file = file
        parts.groups = ColumnGroup.deal(readers, among: 2 * pool.threadCount, options)
        advance(.columnsDealt(groupCount: parts.groups.count))
    }

    private func compare(_ number: Int) {
        guard let block = shared.withLock({ $0.blocks[number] })?.block else { return }
        options.times.measure(.compare) {
            block.compare(columns: parts.header.count, hasStandardLead: TickType.hasStandardLead(parts.header))
        }
        shared.withLock { $0.changes[number] = block.changes }
        advance(.comparedBlock(number))
    }

    private func read(_ group: Int, _ number: Int, _ scratch: WorkPool.Scratch) throws {
        // Gone when the conversion has failed meanwhile.
        guard let block = shared.withLock({ $0.blocks[number] })?.block else { return }
        let ended = try parts.groups[group].read(block, scratch)
        shared.withLock { shared in
            for rowGroup in ended { shared.chunks[rowGroup.number, default: []] += rowGroup.chunks }
        }
        advance(.readBlock(group: group, endedRowGroups: ended.count))
    }

    private func write(rowGroup: Int) throws {
        guard let chunks = shared.withLock({ $0.chunks.removeValue(forKey: rowGroup) }) else { return }
        let pieces = try options.times.measure(.write) {
            try parts.file?.append(chunks.sorted { $0.column < $1.column }.map(\.encoded)) ?? []
        }
        for piece in pieces { output.put(piece) }
    }

    private func writeEnd() throws {
        // Taken out, so that it is changed in place.
        guard var file = parts.file.take() else { return }
        let rows = Int64(parts.reader.rowCount)
        guard file.rowCount == rows else {
            throw TickError(.encoding, "\(options.source): \(rows) rows came in, \(file.rowCount) went out")
        }
        let tail = try file.finish(keyValues: options.keyValues + [KeyValue("rows", String(rows))])
        let summary = ConversionSummary(
            rows: rows,
            inputBytes: parts.reader.inputBytes,
            csvBytes: parts.reader.csvBytes,
            isPlainText: parts.reader.isPlainText,
            outputBytes: file.byteCount,
            localTimestamps: file.bounds(ofColumn: "local_timestamp"),
            unknownColumns: parts.header.filter { TickType.kind(ofColumn: $0) == nil },
            type: options.type ?? TickType(header: parts.header)
        )
        let isFirst = shared.withLock { shared in
            guard shared.schedule.stop() else { return false }
            shared.summary = summary
            return true
        }
        guard isFirst else { return }
        output.put(tail)
        output.end()
    }
}

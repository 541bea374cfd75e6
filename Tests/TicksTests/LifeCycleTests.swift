import Testing

@testable import Ticks

@Suite(.timeLimit(.minutes(30)))
struct LifeCycleTests {
    /// Rows of four kilobytes: many blocks, few cells.
    private static let long: [UInt8] = {
        var random = SeededRandom(seed: 91)
        var text = Array((TickType.trades.header + ["note"]).joined(separator: ",").utf8) + [0x0A]
        let filling = (0..<8000).map { _ in UInt8.random(in: 0x61...0x7A, using: &random) }
        for row in 0..<1100 {
            let start = Int.random(in: 0..<4000, using: &random)
            text += "deribit,B,\(row),\(row),3,buy,4,\(row),".utf8
            text += filling[start..<start + 4000] + [0x0A]
        }
        return text
    }()
    private static let packed = storedGzip(long)

    private func converter(_ pool: WorkPool = sharedPool) -> TickConverter {
        TickConverter(options: ConversionOptions(source: "day.csv.gz", type: .trades), pool: pool)
    }

    /// Whether the object that `find` looks for is gone within ten minutes, a time that only a leak takes.
    private func isReleased(_ find: () -> AnyObject?) async -> Bool {
        let clock = ContinuousClock()
        let end = clock.now + .seconds(600)
        while find() != nil, clock.now < end { await Task.yield() }
        return find() == nil
    }

    // MARK: Giving up

    @Test func aCancelledConversionThrowsFromEveryCall() async {
        let converter = converter()
        converter.cancel()
        let expected = TickError(.cancelled, "day.csv.gz: the conversion was given up")
        await #expect(throws: expected) { try await converter.read() }
        await #expect(throws: expected) { try await converter.write([1]) }
        converter.finish()
        await #expect(throws: expected) { try await converter.read() }
        #expect(converter.summary == nil)
    }

    @Test func cancellingTheReadersTaskWakesIt() async {
        let converter = converter()
        let reader = Task { try await converter.read() }
        reader.cancel()
        await #expect(throws: TickError(.cancelled, "day.csv.gz: the conversion was given up")) {
            try await reader.value
        }
        await #expect(throws: TickError.self) { try await converter.write([1]) }
    }

    @Test func cancellingTheWritersTaskWakesItAndTheReader() async throws {
        let converter = converter()
        // Nobody reads, so the writer fills everything that may wait and then stands.
        let writer = Task { while true { try await converter.write(Self.packed) } }
        let magic = try await converter.read()
        #expect(magic == Array("PAR1".utf8))
        writer.cancel()
        await #expect(throws: TickError.self) { try await writer.value }
        await #expect(throws: TickError.self) { while try await converter.read() != nil {} }
    }

    @Test func aConversionThatWasGivenUpIsReleased() async throws {
        let pool = WorkPool(threads: 2)
        weak var seen: TickConverter?
        for pieces in [0, 1, 20, 60] {
            do {
                let converter = converter(pool)
                seen = converter
                let writer = Task {
                    for piece in Feeding.random.pieces(Self.packed).prefix(pieces) { try await converter.write(piece) }
                    converter.cancel()
                }
                await #expect(throws: TickError.self) { while try await converter.read() != nil {} }
                _ = try? await writer.value
            }
            #expect(await isReleased { seen }, "\(pieces) pieces")
        }
    }

    @Test func aFinishedConversionIsReleasedThoughThePoolLivesOn() async throws {
        let pool = WorkPool(threads: 2)
        weak var seen: TickConverter?
        do {
            let converter = converter(pool)
            seen = converter
            _ = try await run(converter, [gzip(csv(.trades, rows: 10))])
        }
        #expect(await isReleased { seen })
    }

    // MARK: Several at once

    @Test func conversionsShareAPoolAndAFailureIsOnlyItsOwn() async throws {
        let pool = WorkPool(threads: 2)
        let expected = try await convert(Self.packed, .trades, pool: pool).file
        var bad = Self.packed
        bad.removeLast(100)
        let broken = bad
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for index in 0..<8 {
                group.addTask {
                    let source = index % 2 == 0 ? Self.packed : broken
                    do {
                        return try await convert(source, .trades, feeding: .random, pool: pool).file == expected
                    } catch let error as TickError {
                        return index % 2 == 1 && error.kind == .truncated
                    }
                }
            }
            for try await isRight in group { #expect(isRight) }
        }
    }

    // MARK: Wake-ups

    @Test(arguments: [1, 2, 5])
    func noWakeUpIsLost(threads: Int) async throws {
        let pool = WorkPool(threads: threads)
        let packings = [Self.packed, gzip(Self.long)]
        let expected = try await convert(Self.packed, .trades, pool: pool).file
        for round in 0..<35 {
            var random = SeededRandom(seed: UInt64(round))
            var pieces: [[UInt8]] = []
            let source = packings[round % 2]
            let largest = [100, 5000, 40_000, 2_000_000][round % 4] + 1
            var start = 0
            while start < source.count {
                let end = min(source.count, start + Int.random(in: 1...largest, using: &random) + source.count / 2000)
                pieces.append(Array(source[start..<end]))
                start = end
            }
            let done = try await run(converter(pool), pieces, pause: [0, 1, 200][round % 3])
            #expect(done.file == expected, "round \(round)")
        }
    }
}

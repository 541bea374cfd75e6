import Glibc
import Parquet
import Testing

@testable import Ticks

/// Damaged sources through whole conversions: each must end in an error or in a file that reads back.
///
/// `TICK_FUZZ_ITERATIONS` and `TICK_FUZZ_SEED` make it run longer or repeat a run; Tests/fuzz/ticks.sh sets them.
@Suite(.timeLimit(.minutes(60)))
struct MutationTests {
    private static func setting(_ name: String, _ usual: UInt64) -> UInt64 {
        getenv(name).flatMap { UInt64(String(cString: $0)) } ?? usual
    }

    @Test func damagedSourcesEndInAnErrorOrAFile() async throws {
        let iterations = Int(Self.setting("TICK_FUZZ_ITERATIONS", 600))
        let seed = Self.setting("TICK_FUZZ_SEED", 1)
        let texts = TickType.allCases.map { csv($0, rows: 12) }
        var converted = 0
        for iteration in 0..<iterations {
            // Every iteration has its own seed, so that one can be repeated alone.
            var random = SeededRandom(seed: seed &+ UInt64(iteration))
            let number = Int.random(in: 0..<texts.count, using: &random)
            let source: [UInt8]
            switch random.next() % 4 {
            case 0: source = Self.damage(gzip(texts[number]), &random)
            case 1: source = Self.damage(storedGzip(texts[number]), &random)
            case 2: source = gzip(Self.damage(texts[number], &random))
            default: source = Self.damage(texts[number], &random)
            }
            let type = random.next() % 2 == 0 ? TickType.allCases[number] : nil
            do {
                // `convert` checks the summary against the file's footer.
                _ = try await convert(source, type, feeding: random.next() % 2 == 0 ? .whole : .random)
                converted += 1
            } catch let error as TickError {
                #expect(error.description.hasPrefix("day.csv.gz"), "seed \(seed &+ UInt64(iteration))")
                #expect(!error.description.utf8.contains { $0 < 0x20 }, "seed \(seed &+ UInt64(iteration))")
            } catch {
                Issue.record("seed \(seed &+ UInt64(iteration)): \(error)")
            }
        }
        #expect(converted < iterations, "seed \(seed): nothing was refused")
    }

    private static func damage(_ bytes: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
            let at = Int.random(in: 0..<bytes.count, using: &random)
            switch random.next() % 6 {
            case 0: bytes[at] ^= 1 << UInt8(random.next() % 8)
            case 1: bytes[at] = UInt8(truncatingIfNeeded: random.next())
            case 2: bytes[at] = [0x2C, 0x0A, 0x0D, 0x2D, 0x2E, 0x65, 0x00, 0x1F].randomElement(using: &random) ?? 0
            case 3: bytes.remove(at: at)
            case 4: bytes.removeSubrange(at..<min(bytes.count, at + Int(random.next() % 200)))
            default: bytes.insert(contentsOf: bytes[at..<min(bytes.count, at + Int(random.next() % 50))], at: at)
            }
        }
        return bytes
    }
}

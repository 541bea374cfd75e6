import CISAL
import Parquet
import Testing

@testable import Ticks

/// SplitMix64: the same numbers for the same seed on every machine.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

// MARK: gzip

/// One gzip member, packed by ISA-L.
func gzip(_ bytes: [UInt8]) -> [UInt8] {
    let stream = UnsafeMutablePointer<isal_zstream>.allocate(capacity: 1)
    defer { stream.deallocate() }
    tick_isal_begin_stateless_deflate(stream)
    var input = bytes
    var output = Array(repeating: UInt8(0), count: bytes.count + bytes.count / 100 + 1000)
    let room = output.count
    let used = input.withUnsafeMutableBufferPointer { input in
        output.withUnsafeMutableBufferPointer { output in
            stream.pointee.gzip_flag = UInt16(IGZIP_GZIP)
            stream.pointee.end_of_stream = 1
            stream.pointee.next_in = input.baseAddress
            stream.pointee.avail_in = UInt32(input.count)
            stream.pointee.next_out = output.baseAddress
            stream.pointee.avail_out = UInt32(room)
            let status = isal_deflate_stateless(stream)
            precondition(status == COMP_OK, "ISA-L cannot compress: \(status)")
            return room - Int(stream.pointee.avail_out)
        }
    }
    return Array(output.prefix(used))
}

/// One gzip member of stored blocks, written by hand (RFC 1951, 3.2.4; RFC 1952): the text lies in it as it is.
func storedGzip(_ bytes: [UInt8]) -> [UInt8] {
    var out: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3]
    var start = 0
    repeat {
        let length = min(65_535, bytes.count - start)
        out.append(start + length == bytes.count ? 1 : 0)
        out += [UInt8(length & 255), UInt8(length >> 8), UInt8(~length & 255), UInt8(~length >> 8 & 255)]
        out += bytes[start..<start + length]
        start += length
    } while start < bytes.count
    for word in [crc32(bytes), UInt32(truncatingIfNeeded: bytes.count)] {
        out += (0..<4).map { UInt8(truncatingIfNeeded: word >> UInt32(8 * $0)) }
    }
    return out
}

private let crcTable: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1 }
}

private func crc32(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(~0) { crcTable[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] ^ ($0 >> 8) }
}

// MARK: CSV

/// Rows of a type, all of them with values that its columns may have.
func csv(_ type: TickType, rows: Int, seed: UInt64 = 1, header: [String]? = nil, lineEnd: String = "\n") -> [UInt8] {
    var random = SeededRandom(seed: seed)
    let header = header ?? type.header
    var text = Array((header.joined(separator: ",") + lineEnd).utf8)
    for row in 0..<rows {
        for (index, name) in header.enumerated() {
            if index > 0 { text.append(UInt8(ascii: ",")) }
            text += cell(name, row, &random).utf8
        }
        text += lineEnd.utf8
    }
    return text
}

private func cell(_ name: String, _ row: Int, _ random: inout SeededRandom) -> String {
    switch name {
    case "exchange": return "deribit"
    case "symbol": return random.next() % 3 == 0 ? "BTC-PERPETUAL" : "ETH/USD:1_0.5"
    case "timestamp": return String(1_582_329_602_111_000 + 1000 * row - Int(random.next() % 5000))
    case "local_timestamp": return String(1_582_329_602_418_379 + 1000 * row)
    default: break
    }
    if random.next() % 6 == 0 { return "" }
    switch TickType.kind(ofColumn: name) {
    case .timestamp: return String(1_582_329_600_000_000 + random.next() % 1000)
    case .boolean: return random.next() % 2 == 0 ? "true" : "false"
    case .number: return number(&random)
    case .text, nil: return ["buy", "sell", "42377944", "naïve"].randomElement(using: &random) ?? ""
    }
}

private func number(_ random: inout SeededRandom) -> String {
    switch random.next() % 6 {
    case 0: "0"
    case 1: "-0.000\(random.next() % 1000)"
    case 2: "0.00004405208333333333"
    case 3: "5e-8"
    default: "\(random.next() % 20_000).\(random.next() % 100)"
    }
}

// MARK: Conversions

/// How a source is cut into writes.
enum Feeding: CaseIterable, Sendable {
    case whole
    case bytes
    case sevens
    case random

    func pieces(_ source: [UInt8], seed: UInt64 = 7) -> [[UInt8]] {
        var random = SeededRandom(seed: seed)
        var pieces: [[UInt8]] = []
        var start = 0
        while start < source.count {
            let size =
                switch self {
                case .whole: source.count
                case .bytes: 1
                case .sevens: 7
                case .random: Int.random(in: 1...200_000, using: &random)
                }
            let end = min(source.count, start + size)
            pieces.append(Array(source[start..<end]))
            start = end
        }
        return pieces
    }
}

/// A finished conversion: its file, and what it says it did.
struct Converted {
    let file: [UInt8]
    let summary: ConversionSummary
    let metadata: FileMetadata
}

let sharedPool = WorkPool(threads: 2)

func convert(
    _ source: [UInt8],
    _ type: TickType? = nil,
    feeding: Feeding = .whole,
    pool: WorkPool = sharedPool
) async throws -> Converted {
    let converter = TickConverter(options: ConversionOptions(source: "day.csv.gz", type: type), pool: pool)
    return try await run(converter, feeding.pieces(source))
}

/// Feeds and drains a converter; after each piece that was read, `pause` yields that often.
func run(_ converter: TickConverter, _ pieces: [[UInt8]], pause: Int = 0) async throws -> Converted {
    async let feeding: Void = {
        for piece in pieces { try await converter.write(piece) }
        converter.finish()
    }()
    var file: [UInt8] = []
    do {
        while let piece = try await converter.read() {
            file += piece
            for _ in 0..<pause { await Task.yield() }
        }
    } catch {
        _ = try? await feeding
        throw error
    }
    try await feeding
    let summary = try #require(converter.summary)
    let metadata = try FooterReader.read(tail: file[...])
    #expect(metadata.rowCount == summary.rows)
    #expect(Int64(file.count) == summary.outputBytes)
    #expect(metadata.keyValues.contains(KeyValue("rows", String(summary.rows))))
    return Converted(file: file, summary: summary, metadata: metadata)
}

/// The error that a source is refused with.
func refusal(
    _ source: [UInt8],
    _ type: TickType? = nil,
    feeding: Feeding = .whole,
    at location: SourceLocation = #_sourceLocation
) async -> TickError? {
    do {
        let done = try await convert(source, type, feeding: feeding)
        Issue.record("was converted to \(done.summary.rows) rows", sourceLocation: location)
        return nil
    } catch {
        return error as? TickError
    }
}

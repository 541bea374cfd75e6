/// Turns the bytes of a server or file into CSV text: gzip is inflated, plain CSV is passed on, anything else is refused.
final class SourceDecoder {
    private enum Mode {
        case unknown
        case gzip(GzipInflater)
        case plain
    }

    private var mode = Mode.unknown
    private let source: String
    private(set) var inputBytes: Int64 = 0
    var isPlainText: Bool { if case .plain = mode { true } else { false } }

    init(source: String) {
        self.source = source
    }

    /// Decodes from `input` into `output`; returns how much of each was used. The first call must offer two bytes or more
    /// unless the source has but one.
    func decode(
        _ input: UnsafeBufferPointer<UInt8>,
        into output: UnsafeMutableBufferPointer<UInt8>
    ) throws(TickError) -> (consumed: Int, produced: Int) {
        if case .unknown = mode, !input.isEmpty { mode = try sniff(input) }
        switch mode {
        case .unknown: return (0, 0)
        case .gzip(let inflater):
            let step = try inflater.inflate(input, into: output)
            inputBytes += Int64(step.consumed)
            return step
        case .plain:
            let count = min(input.count, output.count)
            if let from = input.baseAddress, let to = output.baseAddress { to.update(from: from, count: count) }
            inputBytes += Int64(count)
            return (count, count)
        }
    }

    /// The source has ended: a gzip stream must have ended too.
    func finish() throws(TickError) {
        if case .gzip(let inflater) = mode, !inflater.isAtMemberEnd {
            throw TickError(
                .truncated,
                "\(source): the gzip stream is cut off after \(inputBytes) bytes; download it again"
            )
        }
    }

    private func sniff(_ input: UnsafeBufferPointer<UInt8>) throws(TickError) -> Mode {
        if input[0] == 0x1F, input.count > 1, input[1] == 0x8B { return .gzip(GzipInflater(source: source)) }
        if let format = Self.formats.first(where: { input.starts(with: $0.magic) }) {
            throw TickError(.notTicks, "\(source): this is \(format.name), not gzip or CSV")
        }
        let first = input.first { $0 != 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D }
        switch first {
        case UInt8(ascii: "<"):
            throw TickError(.notTicks, "\(source): this is a web page, not tick data: '\(TickError.excerpt(input))'")
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            throw TickError(.notTicks, "\(source): this is JSON, not tick data: '\(TickError.excerpt(input))'")
        default: break
        }
        // A byte order mark or the first letter of a header.
        let isText = input[0] == 0xEF || input[0] >= 0x20 && input[0] < 0x7F
        guard isText else {
            throw TickError(
                .notTicks,
                "\(source): neither gzip (1f 8b) nor CSV text; it begins with \(TickError.opening(input))"
            )
        }
        return .plain
    }

    /// What else people have as files of market data, by its first bytes.
    private static let formats: [(magic: [UInt8], name: String)] = [
        ([0x28, 0xB5, 0x2F, 0xFD], "zstd data"), (Array("PAR1".utf8), "a Parquet file"),
        (Array("PK\u{3}\u{4}".utf8), "a zip file"),
        (Array("BZh".utf8), "bzip2 data"), ([0xFD, 0x37, 0x7A, 0x58, 0x5A], "xz data"),
        ([0x04, 0x22, 0x4D, 0x18], "lz4 data"),
    ]
}

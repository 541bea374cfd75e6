internal import CZstd

/// zstd, with memory of its own. Not to be shared between threads.
struct PageCompressor: ~Copyable {
    /// How level 1 looks for repeats; other levels have their own way.
    enum Matching: CaseIterable {
        /// Of five bytes and more: dictionary indexes have one or two, and zstd looks for seven otherwise.
        case short
        /// Of seven bytes and more, in a smaller table.
        case long
        /// Not at all: codes of unlike length only. For what never repeats, such as UUIDs and times to the microsecond, where chance matches
        /// make a page larger.
        case none
    }

    private let context = ZSTD_createCCtx()

    deinit { ZSTD_freeCCtx(context) }

    /// Compresses bytes to memory that holds the most that they can become; returns their size then.
    func compress(
        _ bytes: UnsafeRawBufferPointer,
        level: Int,
        _ matching: Matching,
        to out: UnsafeMutableRawPointer
    ) throws(ParquetError) -> Int {
        set(level: level, matching)
        let size = ZSTD_compress2(context, out, Self.bound(bytes.count), bytes.baseAddress, bytes.count)
        guard ZSTD_isError(size) == 0 else {
            throw ParquetError("zstd could not compress a page: \(String(cString: ZSTD_getErrorName(size)))")
        }
        return size
    }

    static func bound(_ count: Int) -> Int { ZSTD_compressBound(count) }

    private func set(level: Int, _ matching: Matching) {
        ZSTD_CCtx_reset(context, ZSTD_reset_session_and_parameters)
        ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, Int32(level))
        guard level == 1 else { return }
        switch matching {
        case .short: ZSTD_CCtx_setParameter(context, ZSTD_c_minMatch, 5)
        case .long:
            ZSTD_CCtx_setParameter(context, ZSTD_c_minMatch, 7)
            ZSTD_CCtx_setParameter(context, ZSTD_c_hashLog, 12)
        case .none:
            ZSTD_CCtx_setParameter(context, ZSTD_c_minMatch, 7)
            // Steps of 64 bytes past what does not match, and so nearly all of a page.
            ZSTD_CCtx_setParameter(context, ZSTD_c_targetLength, 64)
            // Huffman codes all the same, which zstd leaves out where it makes such steps: ZSTD_c_literalCompressionMode, enabled.
            ZSTD_CCtx_setParameter(context, ZSTD_c_experimentalParam5, 1)
        }
    }
}

/// How the pages of one column are compressed at level 1: what was smallest for a piece of one page is kept for a while.
final class MatchingChoice {
    private(set) var matching = PageCompressor.Matching.short
    private var chunksUntilTrial = 0
    private var encoding: Encoding?

    private static let chunksBetweenTrials = 16
    /// Bytes of a page that are tried: an eighth of most chunks at most.
    private static let sampleBytes = 64 << 10
    private static let leastSampleBytes = 4 << 10
    /// What does not make a page this much smaller, in thousandths, does not pay for its time.
    private static let leastGain = 3

    /// Before the pages of a chunk: chooses anew if it is time, by the first of them.
    func beginChunk(
        _ page: ByteBuffer,
        _ encoding: Encoding,
        _ compressor: borrowing PageCompressor
    ) throws(ParquetError) {
        if encoding != self.encoding { (chunksUntilTrial, matching) = (0, .short) }
        self.encoding = encoding
        guard chunksUntilTrial == 0 else {
            chunksUntilTrial -= 1
            return
        }
        guard page.count >= Self.leastSampleBytes else { return }
        chunksUntilTrial = Self.chunksBetweenTrials
        let sample = UnsafeRawBufferPointer(start: page.base, count: min(page.count, Self.sampleBytes))
        let room = UnsafeMutableRawPointer.allocate(byteCount: PageCompressor.bound(sample.count), alignment: 1)
        defer { room.deallocate() }
        var best = Int.max
        for candidate in PageCompressor.Matching.allCases {
            // From the slowest to the fastest.
            let size = try compressor.compress(sample, level: 1, candidate, to: room)
            if best == .max || size * 1000 <= best * (1000 + Self.leastGain) {
                (matching, best) = (candidate, min(best, size))
            }
        }
    }
}

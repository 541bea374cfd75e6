internal import CZstd

/// Working memory that one thread lends to the encoders: a compressor and buffers. Not to be shared between threads.
public final class EncoderScratch {
    let page = ByteBuffer(capacity: 1 << 18)
    /// The pages of the current chunk, compressed, with their headers.
    let chunk = ByteBuffer(capacity: 1 << 18)
    /// Words of a page, before they are encoded.
    let words = ByteBuffer(capacity: 0)
    private let context: OpaquePointer?
    /// CPU time of compression so far, when it is measured.
    public private(set) var compressionNanoseconds: Int64 = 0
    public var measuresCompression = false

    public init() {
        context = ZSTD_createCCtx()
    }

    deinit { ZSTD_freeCCtx(context) }

    /// Gives the memory of an unusually large page back: a thread keeps its scratch from file to file.
    func releaseLargePage() { page.release(beyond: Self.mostPageBytesKept) }

    private static let mostPageBytesKept = 16 << 20

    /// The same for an unusually large chunk.
    func releaseLargeChunk() { chunk.release(beyond: Self.mostChunkBytesKept) }

    private static let mostChunkBytesKept = 4 << 20

    /// At level 1 repeats of five bytes count, too: indexes have one or two, and zstd looks for seven otherwise. Files get up to 9 %
    /// smaller by it, in the same time; four bytes cost time where numbers seldom return, as in quotes.
    private static let leastMatchAtLevelOne: Int32 = 5

    /// Writes `page`, compressed, to `gap` bytes behind the end of `out`, whose count stays; returns the compressed size.
    func compressPage(level: Int, to out: ByteBuffer, behind gap: Int) throws(ParquetError) -> Int {
        let bound = ZSTD_compressBound(page.count)
        out.reserve(gap + bound)
        ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, Int32(level))
        // 0: as the level has it.
        ZSTD_CCtx_setParameter(context, ZSTD_c_minMatch, level == 1 ? Self.leastMatchAtLevelOne : 0)
        let start = measuresCompression ? CPUClock.thread : 0
        let size = ZSTD_compress2(context, out.base + out.count + gap, bound, page.base, page.count)
        if measuresCompression { compressionNanoseconds += CPUClock.thread - start }
        guard ZSTD_isError(size) == 0 else {
            throw ParquetError("zstd could not compress a page: \(String(cString: ZSTD_getErrorName(size)))")
        }
        return size
    }
}

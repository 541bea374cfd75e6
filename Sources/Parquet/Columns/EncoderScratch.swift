internal import CZstd

/// Working memory that one thread lends to the encoders: a compressor and buffers. Not to be shared between threads.
public final class EncoderScratch {
    let page = ByteBuffer(capacity: 1 << 18)
    /// The pages of the current chunk, compressed, with their headers.
    let chunk = ByteBuffer(capacity: 1 << 18)
    var lengths: [Int64] = []
    var levels: [UInt32] = []
    private let context: OpaquePointer?

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

    /// Writes `page`, compressed, to `gap` bytes behind the end of `out`, whose count stays; returns the compressed size.
    func compressPage(level: Int, to out: ByteBuffer, behind gap: Int) throws(ParquetError) -> Int {
        let bound = ZSTD_compressBound(page.count)
        out.reserve(gap + bound)
        let size = ZSTD_compressCCtx(context, out.base + out.count + gap, bound, page.base, page.count, Int32(level))
        guard ZSTD_isError(size) == 0 else {
            throw ParquetError("zstd could not compress a page: \(String(cString: ZSTD_getErrorName(size)))")
        }
        return size
    }
}

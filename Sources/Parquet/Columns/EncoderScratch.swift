internal import CZstd

/// Working memory that one thread lends to the encoders: a compressor and page buffers. Not to be shared between threads.
public final class EncoderScratch {
    let page = ByteBuffer(capacity: 1 << 18)
    var lengths: [Int64] = []
    var levels: [UInt32] = []
    private let context: OpaquePointer?

    /// Scratch for one thread.
    public init() {
        context = ZSTD_createCCtx()
    }

    deinit { ZSTD_freeCCtx(context) }

    /// Gives the memory of an unusually large page back: a thread keeps its scratch from file to file.
    func releaseLargePage() { page.release(beyond: Self.mostPageBytesKept) }

    private static let mostPageBytesKept = 16 << 20

    /// Appends `page`, compressed, to `out`; answers the compressed size.
    func compressPage(level: Int, to out: ByteBuffer) throws(ParquetError) -> Int {
        let bound = ZSTD_compressBound(page.count)
        out.reserve(bound)
        let size = ZSTD_compressCCtx(context, out.base + out.count, bound, page.base, page.count, Int32(level))
        guard ZSTD_isError(size) == 0 else {
            throw ParquetError("zstd could not compress a page: \(String(cString: ZSTD_getErrorName(size)))")
        }
        out.count += size
        return size
    }
}

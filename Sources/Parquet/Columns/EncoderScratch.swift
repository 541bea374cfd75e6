/// Working memory that one thread lends to the encoders: a compressor and buffers. Not to be shared between threads.
public final class EncoderScratch {
    let page = ByteBuffer(capacity: 1 << 18)
    /// The pages of the current chunk, compressed, with their headers.
    let chunk = ByteBuffer(capacity: 1 << 18)
    /// Words of a page, before they are encoded.
    let words = ByteBuffer(capacity: 0)
    let sorter = DictionarySorter()
    private let compressor = PageCompressor()
    /// CPU time of compression so far, when it is measured.
    public private(set) var compressionNanoseconds: Int64 = 0
    public var measuresCompression = false

    public init() {}

    /// Gives the memory of an unusually large page back: a thread keeps its scratch from file to file.
    func releaseLargePage() { page.release(beyond: Self.mostPageBytesKept) }

    private static let mostPageBytesKept = 16 << 20

    /// The same for an unusually large chunk.
    func releaseLargeChunk() { chunk.release(beyond: Self.mostChunkBytesKept) }

    private static let mostChunkBytesKept = 4 << 20

    /// Lets a column choose how its next pages are compressed, by `page`.
    func choose(_ choice: MatchingChoice, _ encoding: Encoding) throws(ParquetError) {
        let start = measuresCompression ? CPUClock.thread : 0
        try choice.beginChunk(page, encoding, compressor)
        if measuresCompression { compressionNanoseconds += CPUClock.thread - start }
    }

    /// Writes `page`, compressed, to `gap` bytes behind the end of `out`, whose count stays; returns the compressed size.
    func compressPage(
        level: Int,
        _ matching: PageCompressor.Matching,
        to out: ByteBuffer,
        behind gap: Int
    ) throws(ParquetError) -> Int {
        out.reserve(gap + PageCompressor.bound(page.count))
        let start = measuresCompression ? CPUClock.thread : 0
        let bytes = UnsafeRawBufferPointer(start: page.base, count: page.count)
        let size = try compressor.compress(bytes, level: level, matching, to: out.base + out.count + gap)
        if measuresCompression { compressionNanoseconds += CPUClock.thread - start }
        return size
    }
}

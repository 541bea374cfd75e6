import CISAL

/// Packs one gzip member as text comes in, by ISA-L at its fast level, and hands it on in pieces.
final class GzipWriter {
    private let sink: (UnsafeRawBufferPointer) throws -> Void
    private let stream: UnsafeMutablePointer<isal_zstream>
    private let levelBuffer: UnsafeMutablePointer<UInt8>
    private let output: UnsafeMutablePointer<UInt8>
    private let outputSize = 262_144

    init(sink: @escaping (UnsafeRawBufferPointer) throws -> Void) {
        self.sink = sink
        stream = .allocate(capacity: 1)
        let levelBufferSize = tick_isal_level1_buffer_size()
        levelBuffer = .allocate(capacity: Int(levelBufferSize))
        levelBuffer.initialize(repeating: 0, count: Int(levelBufferSize))
        output = .allocate(capacity: outputSize)
        tick_isal_begin_deflate(stream)
        stream.pointee.level = 1
        stream.pointee.level_buf = levelBuffer
        stream.pointee.level_buf_size = levelBufferSize
        stream.pointee.gzip_flag = UInt16(IGZIP_GZIP)
        stream.pointee.flush = UInt16(NO_FLUSH)
    }

    deinit {
        stream.deallocate()
        levelBuffer.deallocate()
        output.deallocate()
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws {
        try deflate(bytes, isLast: false)
    }

    func finish() throws {
        try deflate(UnsafeRawBufferPointer(start: nil, count: 0), isLast: true)
    }

    private func deflate(_ bytes: UnsafeRawBufferPointer, isLast: Bool) throws {
        stream.pointee.next_in = UnsafeMutablePointer(mutating: bytes.assumingMemoryBound(to: UInt8.self).baseAddress)
        stream.pointee.avail_in = UInt32(bytes.count)
        stream.pointee.end_of_stream = isLast ? 1 : 0
        repeat {
            stream.pointee.next_out = output
            stream.pointee.avail_out = UInt32(outputSize)
            let status = isal_deflate(stream)
            guard status == COMP_OK else { throw SandboxError("cannot compress: ISA-L says \(status)") }
            try sink(UnsafeRawBufferPointer(start: output, count: outputSize - Int(stream.pointee.avail_out)))
        } while stream.pointee.avail_out == 0 || stream.pointee.avail_in > 0
    }
}

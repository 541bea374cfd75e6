import CISAL
import Glibc
import Testing

/// ISA-L's initialisers leave most of a structure as it was; ours must not let any of it through.
@Suite struct ISALTests {
    /// The bytes of a value after `begin`, in memory that was all `filling` before.
    private func bytes<T>(_ type: T.Type, filling: Int32, _ begin: (UnsafeMutablePointer<T>) -> Void) -> [UInt8] {
        let memory = UnsafeMutablePointer<T>.allocate(capacity: 1)
        defer { memory.deallocate() }
        memset(memory, filling, MemoryLayout<T>.size)
        begin(memory)
        return Array(UnsafeRawBufferPointer(start: memory, count: MemoryLayout<T>.size))
    }

    @Test func whatWasInMemoryBeforeMakesNoDifference() {
        for filling in [0x00, 0xFF, 0x5A] as [Int32] {
            // Not compared inside of the macro, which would look for the differences of 80 kB for minutes.
            let isSame =
                bytes(inflate_state.self, filling: filling, tick_isal_begin_inflate)
                == bytes(inflate_state.self, filling: 0, tick_isal_begin_inflate)
            #expect(isSame, "inflate after \(filling)")
            for begin in [tick_isal_begin_deflate, tick_isal_begin_stateless_deflate] {
                let isSame =
                    bytes(isal_zstream.self, filling: filling, begin) == bytes(isal_zstream.self, filling: 0, begin)
                #expect(isSame, "deflate after \(filling)")
            }
        }
    }
}

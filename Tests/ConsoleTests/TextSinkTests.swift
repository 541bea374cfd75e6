import Console
import Glibc
import Testing

@Suite(.serialized)
struct TextSinkTests {
    @Test func aReaderThatWentAwayIsRemembered() {
        signal(SIGPIPE, SIG_IGN)
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        let sink = DescriptorSink(ends[1])
        sink.write("one")
        var buffer = [UInt8](repeating: 0, count: 8)
        #expect(read(ends[0], &buffer, 8) == 3)
        close(ends[0])
        #expect(sink.failure == nil)
        sink.write("two")
        #expect(sink.failure == EPIPE)
        close(ends[1])
    }

    @Test func allOfALongTextArrives() async {
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        // A non-blocking pipe holds 64 KiB: the rest must wait for the reader.
        _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
        let (reader, writer) = (ends[0], ends[1])
        let text = String(repeating: "0123456789", count: 30_000)
        async let written: Void = DescriptorSink(writer).write(text)
        var received = 0
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while received < text.utf8.count {
            let count = read(reader, &buffer, buffer.count)
            if count <= 0 { break }
            received += count
        }
        await written
        #expect(received == text.utf8.count)
        close(reader)
        close(writer)
    }
}

import Testing

@testable import Ticks

@Suite(.timeLimit(.minutes(10)))
struct BoundedPipeTests {
    private struct Failure: Error, Equatable {}

    @Test func piecesComeOutInOrder() async throws {
        let pipe = BoundedPipe(capacity: 10)
        for byte in 1...3 { pipe.put([UInt8(byte)]) }
        pipe.put([])
        #expect(try await pipe.read() == [1])
        pipe.put([4, 5])
        pipe.end()
        for expected in [[2], [3], [4, 5], nil, nil] as [[UInt8]?] { #expect(try await pipe.read() == expected) }
        #expect(pipe.byteCount == 0)
    }

    @Test func aWaitingReaderGetsWhatComes() async throws {
        let pipe = BoundedPipe(capacity: 10)
        async let first = pipe.read()
        pipe.put([1, 2])
        #expect(try await first == [1, 2])
        async let last = pipe.read()
        pipe.end()
        #expect(try await last == nil)
    }

    @Test func takenBytesCountUntilTheyAreReleased() async throws {
        let pipe = BoundedPipe(capacity: 4)
        #expect(pipe.takeAll() == ([], false))
        pipe.put([1])
        #expect(try await pipe.read() == [1])
        pipe.put([2, 3])
        pipe.put([4])
        #expect(!pipe.isFull)
        pipe.put([5])
        #expect(pipe.isFull)
        #expect(pipe.takeAll() == ([2, 3, 4, 5], false))
        #expect(pipe.isFull)
        pipe.release(3)
        #expect(pipe.byteCount == 1)
        pipe.put([6])
        pipe.end()
        #expect(pipe.takeAll() == ([6], true))
        #expect(pipe.byteCount == 2)
    }

    /// With what is in the pipe when the writer goes on.
    @Test(arguments: [true, false])
    func aWriterWaitsUntilHalfThePipeIsRoom(isRead: Bool) async throws {
        let pipe = BoundedPipe(capacity: 100)
        for _ in 0..<99 { pipe.put([0]) }
        try await pipe.waitForRoom()
        pipe.put([0])
        let writer = Task {
            try await pipe.waitForRoom()
            return pipe.byteCount
        }
        if !isRead { _ = pipe.takeAll() }
        for _ in 0..<100 {
            // Time for the writer to be woken too early.
            for _ in 0..<20 { await Task.yield() }
            if isRead { _ = try await pipe.read() } else { pipe.release(1) }
        }
        #expect(try await writer.value <= 50)
    }

    @Test func aFailureWakesBothEndsAndDropsWhatIsThere() async throws {
        let full = BoundedPipe(capacity: 1)
        full.put([1])
        let writer = Task { try await full.waitForRoom() }
        full.fail(Failure())
        await #expect(throws: Failure()) { try await writer.value }
        await #expect(throws: Failure()) { try await full.read() }
        full.put([2])
        full.release(1)
        #expect(full.takeAll().bytes == [] && full.byteCount == 0)

        let empty = BoundedPipe(capacity: 1)
        let reader = Task { try await empty.read() }
        empty.fail(Failure())
        await #expect(throws: Failure()) { try await reader.value }
        empty.end()
        await #expect(throws: Failure()) { try await empty.read() }
        await #expect(throws: Failure()) { try await empty.waitForRoom() }
    }
}

import Synchronization

/// The part of one transfer that both sides touch: the curl thread puts in what arrives, the caller's task takes it out. Whoever ends it first decides the outcome.
final class CurlTransfer: Sendable {
    /// Received bytes that may wait for the reader before the server is held back.
    static let bufferLimit = 256 << 10

    let request: HTTPRequest

    private struct State {
        var head: HTTPHead?
        var outcome: Result<Void, TransportError>?
        var received: [UInt8] = []
        var receivingIsPaused = false
        var headWaiter: CheckedContinuation<HTTPHead, any Error>?
        var reader: CheckedContinuation<ReadStep, any Error>?
    }
    private let state = Mutex(State())

    init(_ request: HTTPRequest) {
        self.request = request
    }

    /// What the transfer is called in errors.
    var operation: String { "\(request.method) \(redactedURL(request.url))" }

    /// An error about this transfer.
    func error(_ kind: TransportError.Kind, _ detail: String) -> TransportError {
        TransportError(kind, operation: operation, detail: detail)
    }

    /// Ends the transfer: everyone who waits for it is woken. False when it had ended before.
    @discardableResult
    func finish(_ outcome: Result<Void, TransportError>) -> Bool {
        let waiters = state.withLock { state -> State? in
            guard state.outcome == nil else { return nil }
            state.outcome = outcome
            // What has arrived before a good end stays readable.
            if case .failure = outcome { state.received = [] }
            defer { (state.headWaiter, state.reader) = (nil, nil) }
            return state
        }
        guard let waiters else { return false }
        let failure = Self.failure(of: outcome) ?? error(.broken, "the transfer ended without an answer")
        waiters.headWaiter?.resume(throwing: failure)
        if case .failure = outcome {
            waiters.reader?.resume(throwing: failure)
        } else {
            waiters.reader?.resume(returning: .end)
        }
        return true
    }

    private static func failure(of outcome: Result<Void, TransportError>) -> TransportError? {
        if case .failure(let error) = outcome { error } else { nil }
    }
}

// MARK: - The curl thread's side

extension CurlTransfer {
    var hasEnded: Bool { state.withLock { $0.outcome != nil } }

    /// Hands the head of the final answer to the caller.
    func deliver(_ head: HTTPHead) {
        let waiter = state.withLock { state in
            state.head = head
            defer { state.headWaiter = nil }
            return state.headWaiter
        }
        waiter?.resume(returning: head)
    }

    /// Takes received bytes; false when the buffer is full, and then the same bytes must be offered again after the pause.
    func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
        state.withLock { state in
            if state.received.count >= Self.bufferLimit {
                state.receivingIsPaused = true
                return false
            }
            state.received += bytes
            return true
        }
    }

    /// Wakes a reader that waits for what `receive` took. Apart from it, so that one wake-up serves many small pieces.
    func wakeReader() {
        let woken = state.withLock { state -> (CheckedContinuation<ReadStep, any Error>, ReadStep)? in
            guard !state.received.isEmpty, let reader = state.reader else { return nil }
            state.reader = nil
            return (reader, Self.takeReceived(&state))
        }
        if let (reader, step) = woken { reader.resume(returning: step) }
    }

    private static func takeReceived(_ state: inout State) -> ReadStep {
        let bytes = state.received
        let wasPaused = state.receivingIsPaused
        state.received = []
        state.receivingIsPaused = false
        return .bytes(bytes, wasPaused: wasPaused)
    }
}

// MARK: - The caller's side

extension CurlTransfer {
    /// What a reader gets. After `wasPaused` the curl thread must be told that there is room again.
    enum ReadStep {
        case bytes([UInt8], wasPaused: Bool)
        case end
    }

    /// Waits for the head of the final answer.
    func waitForHead() async throws -> HTTPHead {
        try await withCheckedThrowingContinuation { continuation in
            let ready = state.withLock { state -> Result<HTTPHead, any Error>? in
                if let head = state.head { return .success(head) }
                switch state.outcome {
                case .failure(let error): return .failure(error)
                case .success: return .failure(error(.broken, "the transfer ended without an answer"))
                case nil:
                    state.headWaiter = continuation
                    return nil
                }
            }
            if let ready { continuation.resume(with: ready) }
        }
    }

    /// Waits for the next bytes of the body.
    func read() async throws -> ReadStep {
        try await withCheckedThrowingContinuation { continuation in
            let ready = state.withLock { state -> Result<ReadStep, any Error>? in
                if !state.received.isEmpty { return .success(Self.takeReceived(&state)) }
                switch state.outcome {
                case .failure(let error): return .failure(error)
                case .success: return .success(.end)
                case nil:
                    state.reader = continuation
                    return nil
                }
            }
            if let ready { continuation.resume(with: ready) }
        }
    }
}

import Transport

extension ComputeClient {
    /// Follows an operation to its end and returns it; how it failed is in the value. `onPoll` sees each state on the way.
    ///
    /// Google's `wait` blocks for up to two minutes but need not, so pauses that grow from 0.1 to 5 seconds lie between calls.
    public func wait(
        _ operation: ComputeOperation,
        onPoll: @Sendable (ComputeOperation) -> Void = { _ in }
    ) async throws(GoogleAPIError) -> ComputeOperation {
        var state = operation
        var pause = Duration.milliseconds(100)
        while !state.isDone {
            state = try await poll(state)
            onPoll(state)
            guard !state.isDone else { break }
            do {
                try await api.clock.sleep(pause)
            } catch {
                throw GoogleAPIError(.transport, operation: waiting(state), detail: "cancelled", retryAdvice: .never)
            }
            pause = min(pause * 2, .seconds(5))
        }
        return state
    }

    /// Asks once for an operation's state, which may take two minutes while it runs.
    public func poll(_ operation: ComputeOperation) async throws(GoogleAPIError) -> ComputeOperation {
        let place =
            switch operation.scope {
            case .zone(let zone): path("zones", zone, "operations", operation.name, "wait")
            case .region(let region): path("regions", region, "operations", operation.name, "wait")
            case .global: path("global", "operations", operation.name, "wait")
            }
        let call = GoogleAPI.Call(
            verb: "POST",
            service: .compute,
            path: place,
            operation: waiting(operation),
            needs: "compute.\(operation.scope.kind)Operations.get",
            stallTimeout: .seconds(150)
        )
        return try await api.send(call, as: WireOperation.self).model
    }

    /// The operations of a zone, such as those of one `operationGroupId`.
    public func operations(zone: String, filter: String) async throws(GoogleAPIError) -> [ComputeOperation] {
        let call = listing(
            path("zones", zone, "operations"),
            filter: filter,
            of: "the operations of \(zone)",
            needs: "compute.zoneOperations.list"
        )
        return try await all(call, pages: WireList<WireOperation>.self).map(\.model)
    }

    private func waiting(_ operation: ComputeOperation) -> String {
        let target = bareName(operation.targetLink)
        return "wait for the end of \(operation.type.isEmpty ? operation.name : operation.type)"
            + (target.isEmpty ? "" : " of \(target)")
    }
}

extension ComputeOperation.Scope {
    fileprivate var kind: String {
        switch self {
        case .zone: "zone"
        case .region: "region"
        case .global: "global"
        }
    }
}

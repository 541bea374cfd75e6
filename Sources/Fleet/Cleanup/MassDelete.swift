import GoogleCloud
import Transport

/// Deletes many VMs within the API's rate and sees them gone. Requests beside the deletions grow by pages and zones, not by VMs.
struct MassDelete: Sendable {
    /// What became of a VM.
    enum Outcome: Sendable, Equatable {
        /// It is gone by this.
        case deleted
        /// It was gone already.
        case gone
        /// It was not deleted, for this reason.
        case failed(GoogleAPIError)
        /// Its deletion was accepted, but it is still listed.
        case stillThere
    }

    struct Result: Sendable {
        var outcomes: [VMPlace: Outcome]
        /// The VMs that the last list showed; nil when they could not be listed.
        var remaining: [ComputeInstance]?
    }

    /// Deletions under way at once; with the pacer's rate and answers that take a second, more would only wait.
    private static let workers = 32
    private let compute: ComputeClient
    private let filter: String
    private let pacer: RequestPacer
    private let clock: ToolClock
    private let patience: Duration
    private let onEnd: @Sendable (ComputeInstance, Outcome) -> Void

    /// An executor. `filter` is that of the lists, `onEnd` hears of each VM's end. A guest has at most
    /// two minutes to shut down, so that VMs that are there after `patience` will not go by themselves.
    init(
        _ compute: ComputeClient,
        filter: String,
        pacer: RequestPacer,
        clock: ToolClock,
        patience: Duration = .seconds(900),
        onEnd: @escaping @Sendable (ComputeInstance, Outcome) -> Void = { _, _ in }
    ) {
        self.compute = compute
        self.filter = filter
        self.pacer = pacer
        self.clock = clock
        self.patience = patience
        self.onEnd = onEnd
    }

    /// A deletion that was accepted.
    private struct Pending {
        let vm: ComputeInstance
        /// Nil when it goes by itself, or is in the middle of another change.
        var operation: ComputeOperation?
        /// What was said instead of accepting the deletion; counts if the VM does not go.
        var refusal: GoogleAPIError?
    }

    private enum Answer: Sendable {
        case accepted(ComputeOperation?)
        case notNow(GoogleAPIError)
        case ended(Outcome)
    }

    /// Deletes the VMs, waits, and looks whether they are gone. What fails is an outcome, cancellation is thrown. Without the
    /// permission the rest is not tried.
    func run(_ vms: [ComputeInstance]) async throws -> Result {
        var result = Result(outcomes: [:], remaining: nil)
        func end(_ vm: ComputeInstance, _ outcome: Outcome) {
            result.outcomes[vm.place] = outcome
            onEnd(vm, outcome)
        }
        var pending: [Pending] = []
        var refusal: GoogleAPIError?
        try await withThrowingTaskGroup(of: (ComputeInstance, Answer).self) { group in
            var queue = vms.makeIterator()
            func next() {
                guard refusal == nil, let vm = queue.next() else { return }
                group.addTask { (vm, try await delete(vm)) }
            }
            for _ in 0..<Self.workers { next() }
            while let (vm, answer) = try await group.next() {
                switch answer {
                case .accepted(let operation): pending.append(Pending(vm: vm, operation: operation))
                case .notNow(let error): pending.append(Pending(vm: vm, refusal: error))
                case .ended(let outcome):
                    if case .failed(let error) = outcome, error.isForAll { refusal = error }
                    end(vm, outcome)
                }
                next()
            }
            // What was not tried would have been refused, too.
            while let refusal, let vm = queue.next() { end(vm, .failed(refusal)) }
        }
        result.remaining = try await watch(pending, end)
        return result
    }

    private func delete(_ vm: ComputeInstance) async throws -> Answer {
        // It goes by itself.
        if vm.status == .deprovisioning { return .accepted(nil) }
        try await pacer.turn()
        do {
            return .accepted(
                try await compute.delete(zone: vm.zone, name: vm.name, requestID: RequestID(random: clock.random))
            )
        } catch {
            try Task.checkCancellation()
            switch error.kind {
            case .notFound: return .ended(.gone)
            case .conflict: return .notNow(error)
            default: return .ended(.failed(error))
            }
        }
    }

    /// Lists until no pending VM is there any more; returns the last list.
    private func watch(_ deletions: [Pending], _ end: (ComputeInstance, Outcome) -> Void) async throws
        -> [ComputeInstance]?
    {
        var pending = deletions
        var stubborn: Set<VMPlace> = []
        var pause = Duration.milliseconds(200)
        let start = clock.monotonic()
        while true {
            try await ask(&pending, stubborn, end)
            let remaining: [ComputeInstance]
            do {
                remaining = try await compute.instances(filter: filter)
            } catch {
                try Task.checkCancellation()
                for deletion in pending { end(deletion.vm, .failed(error.unchecked(deletion.vm.name))) }
                return nil
            }
            let present = Dictionary(remaining.map { ($0.place, $0) }) { first, _ in first }
            pending.removeAll { deletion in
                // One of the same name but another number is somebody's new VM.
                guard let found = present[deletion.vm.place], found.id == deletion.vm.id else {
                    end(deletion.vm, .deleted)
                    return true
                }
                guard let refusal = deletion.refusal, CleanupChoice.mayWork(found) else { return false }
                end(deletion.vm, .failed(refusal))
                return true
            }
            if pending.isEmpty { return remaining }
            guard clock.monotonic() - start < patience else {
                for deletion in pending { end(deletion.vm, .stillThere) }
                return remaining
            }
            // What has not even begun to go is asked about one by one: its deletion has probably failed.
            stubborn = Set(pending.map(\.vm.place)).filter { present[$0].map(CleanupChoice.mayWork) ?? false }
            try await clock.sleep(pause)
            pause = min(pause * 2, .seconds(5))
        }
    }

    /// Asks for one deletion in each zone, which lasts until it is through or two minutes are over, and for all stubborn ones.
    private func ask(
        _ pending: inout [Pending],
        _ stubborn: Set<VMPlace>,
        _ end: (ComputeInstance, Outcome) -> Void
    ) async throws {
        var zones: Set<String> = []
        let asked = pending.indices.filter { index in
            guard pending[index].operation.map({ !$0.isDone }) ?? false else { return false }
            let isFirst = zones.insert(pending[index].vm.zone).inserted
            return isFirst || stubborn.contains(pending[index].vm.place)
        }
        let states = try await withThrowingTaskGroup(of: (Int, ComputeOperation?).self) { group in
            for index in asked {
                guard let operation = pending[index].operation else { continue }
                group.addTask {
                    try await pacer.turn()
                    // What cannot be asked shows in the list.
                    return (index, try? await compute.poll(operation))
                }
            }
            return try await group.reduce(into: [Int: ComputeOperation]()) { $0[$1.0] = $1.1 }
        }
        try Task.checkCancellation()
        for (index, state) in states { pending[index].operation = state }
        pending.removeAll { deletion in
            do throws(GoogleAPIError) {
                try deletion.operation?.checked("delete VM \(deletion.vm.name) in \(deletion.vm.zone)")
                return false
            } catch {
                // It went another way.
                if error.kind == .notFound { return false }
                end(deletion.vm, .failed(error))
                return true
            }
        }
    }
}

extension GoogleAPIError {
    /// Whether other VMs would be refused for the same reason.
    fileprivate var isForAll: Bool {
        switch kind {
        case .permission, .unauthenticated, .apiDisabled: true
        default: false
        }
    }

    /// The error of a list as that of a VM whose end it does not show.
    fileprivate func unchecked(_ name: String) -> GoogleAPIError {
        GoogleAPIError(
            kind,
            operation: "see whether VM \(name), whose deletion was accepted, is gone",
            detail: detail,
            permission: permission,
            retryAdvice: retryAdvice
        )
    }
}

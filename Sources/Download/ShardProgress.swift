import FleetModel
import Common
import Synchronization

/// The state of this shard for one date, as the heartbeat tells it; changed by many files at once.
final class ShardProgress: Sendable {
    private let state: Mutex<Heartbeat>

    init(_ state: Heartbeat) {
        self.state = Mutex(state)
    }

    func set(phase: ShardPhase) {
        state.withLock { if !$0.phase.isFinal { $0.phase = phase } }
    }

    /// The key is in use elsewhere; answers whether that was not known.
    func lock() -> Bool {
        state.withLock { state in
            guard state.phase != .locked, !state.phase.isFinal else { return false }
            state.phase = .locked
            return true
        }
    }

    /// The name of the heartbeat's object.
    var name: String { state.withLock { $0.name } }

    func setAttempt(_ attempt: Int) {
        state.withLock { $0.attempt = attempt }
    }

    /// Takes over what an earlier process of this heartbeat found to be absent; each file's own turn goes before it.
    func inherit(_ absences: [Absence]) {
        state.withLock { state in
            state.absences = absences
            state.figures.absent = absences.count
        }
    }

    /// A file is in work.
    func begin(_ job: FileJob) {
        state.withLock { state in
            state.current.append(job.object.name)
            state.phase = .running
        }
    }

    /// A file is no longer in work, and has not had its turn either.
    func giveUp(_ job: FileJob) {
        state.withLock { $0.current.removeAll { $0 == job.object.name } }
    }

    /// Bytes have come: the key is not locked, whatever was thought before.
    func noteProgress() {
        state.withLock { if $0.phase == .locked { $0.phase = .running } }
    }

    /// A file has had its turn.
    func end(_ outcome: FileOutcome) {
        let name = outcome.job.object.name
        state.withLock { state in
            state.current.removeAll { $0 == name }
            if let inherited = state.absences.firstIndex(where: { $0.object == name }) {
                state.absences.remove(at: inherited)
                state.figures.absent -= 1
            }
            state.figures.rows += outcome.rows
            state.figures.bytesIn += outcome.bytesIn
            state.figures.bytesOut += outcome.bytesOut
            switch outcome.result {
            case .done: state.figures.done += 1
            case .skipped: state.figures.skipped += 1
            case .empty: state.figures.empty += 1
            case .absent(let proof):
                state.figures.absent += 1
                state.absences.append(Absence(object: name, proof: proof))
            case .failed(let failure):
                state.figures.failed += 1
                state.note(error: .init(object: name, reason: failure.reason))
            }
        }
    }

    /// All files have had their turn.
    func finish() {
        state.withLock { $0.phase = $0.finishedPhase }
    }

    func snapshot(now: Int64, bytesPerSecond: Double) -> Heartbeat {
        state.withLock { state in
            state.updated = now
            state.figures.bytesPerSecond = Int64(bytesPerSecond)
            return state
        }
    }
}

import Common
import Console
import GoogleCloud
import Text

/// A shard's phase with the reason for it, told from its files, its VM and what that said last. A plain rule without I/O.
struct MonitorJudgement: Equatable {
    /// What is known of the shard's VM.
    enum Standing: Equatable {
        /// The project's VMs could not be listed.
        case unknown
        /// There is none.
        case none
        /// It runs, or will without anybody's help.
        case alive(ComputeInstance)
        /// It stands still or is on its way to that.
        case still(ComputeInstance)

        /// The standing of the VMs of one shard, which are more than one only by accident.
        init(_ vms: [ComputeInstance]) {
            if let vm = vms.first(where: \.status.isAlive) {
                self = .alive(vm)
            } else {
                self = vms.first.map(Standing.still) ?? .none
            }
        }

        /// The VM.
        var vm: ComputeInstance? {
            switch self {
            case .alive(let vm), .still(let vm): vm
            case .unknown, .none: nil
            }
        }
    }

    let phase: MonitorPhase
    /// One sentence; nil when the phase says it all.
    let reason: String?

    /// A heartbeat comes every 10 seconds; after this, nobody is behind it.
    static let silence = Duration.seconds(180)
    /// A VM speaks for the first time when Docker is installed and the image is there.
    static let startLimit = Duration.seconds(900)

    private init(_ phase: MonitorPhase, _ reason: String? = nil) {
        self.phase = phase
        self.reason = reason
    }

    /// - Parameters:
    ///   - day: the shard's files of the date, and its heartbeat.
    ///   - isNamedAsVM: whether the heartbeat is one of a VM, not of a process somewhere else.
    ///   - now: microseconds since 1970.
    init(_ day: ShardStatus.Day, _ standing: Standing, prefix: String, now: Int64) {
        if day.isFinished {
            self.init(day.expected == 0 ? .empty : .done)
            return
        }
        switch standing {
        case .alive(let vm): self = Self.alive(vm, day, prefix, now)
        case .still(let vm): self = Self.still(vm, day)
        case .none: self = Self.gone(day, prefix, now)
        case .unknown: self = Self.unseen(day, now)
        }
    }

    private static func alive(_ vm: ComputeInstance, _ day: ShardStatus.Day, _ prefix: String, _ now: Int64) -> Self {
        guard let beat = lastWord(of: vm, day) else {
            let born = CivilTime.epochMicroseconds(rfc3339: vm.created)
            let dates = FleetMember(vm, prefix: prefix)?.dates ?? []
            if let first = dates.first, first != day.date { return Self(.planned, "its VM brings other dates first") }
            if let born, age(born, now) > startLimit {
                return Self(.lost, "its VM is up for \(Format.duration(age(born, now))) without a word")
            }
            return Self(.starting)
        }
        // A VM that stood still and was started again has not spoken yet.
        if beat.phase == .preempted || beat.phase == .stopped { return Self(.starting) }
        return said(beat, day, now)
    }

    private static func still(_ vm: ComputeInstance, _ day: ShardStatus.Day) -> Self {
        if let beat = lastWord(of: vm, day), beat.phase.isFinal { return ended(beat, day) }
        let reason = "its VM is \(vm.status.rawValue)"
        return vm.isPreemptible ? Self(.preempted, reason) : Self(.stopped, reason)
    }

    private static func gone(_ day: ShardStatus.Day, _ prefix: String, _ now: Int64) -> Self {
        guard let beat = day.heartbeat, !beat.phase.isFinal, FleetNames.number(of: beat.vm, prefix: prefix) != nil
        else { return unseen(day, now) }
        return Self(.lost, "its VM is gone without a last word; it was \(beat.phase.rawValue)")
    }

    private static func unseen(_ day: ShardStatus.Day, _ now: Int64) -> Self {
        day.heartbeat.map { said($0, day, now) } ?? Self(.planned)
    }

    private static func said(_ beat: ShardState, _ day: ShardStatus.Day, _ now: Int64) -> Self {
        if beat.phase.isFinal { return ended(beat, day) }
        let age = age(beat.updated, now)
        if age > silence {
            return Self(.lost, "no word for \(Format.duration(age)); it was \(beat.phase.rawValue)")
        }
        return Self(MonitorPhase(beat.phase), beat.phase == .locked ? beat.reason : nil)
    }

    private static func ended(_ beat: ShardState, _ day: ShardStatus.Day) -> Self {
        guard beat.phase.isComplete else { return Self(MonitorPhase(beat.phase), beat.reason) }
        let missing = day.missing.count
        return Self(
            .partial,
            "it says \(beat.phase.rawValue), but \(missing) of its files \(missing == 1 ? "is" : "are") not there"
        )
    }

    /// The heartbeat, unless it is that of an earlier VM of the name.
    private static func lastWord(of vm: ComputeInstance, _ day: ShardStatus.Day) -> ShardState? {
        let born = CivilTime.epochMicroseconds(rfc3339: vm.created)
        return day.heartbeat.flatMap { beat in born.map { beat.updated >= $0 } ?? true ? beat : nil }
    }

    private static func age(_ then: Int64, _ now: Int64) -> Duration { .microseconds(max(0, now - then)) }
}

extension ShardState {
    /// The first error as one sentence; nil when there is none.
    var reason: String? {
        // What ends a whole VM is noted under its name.
        errors.first.map {
            $0.object.isEmpty || $0.object == vm ? $0.reason : "\(ShortName.of($0.object)): \($0.reason)"
        }
    }
}

import GoogleCloud

/// What one look after the other has told of the VM of one shard. Times are the watcher's own: clocks of VMs are not compared
/// with it.
struct VMWatch: Sendable {
    /// Tells VMs of one name apart.
    let identity: String
    /// When it was first seen, or last said something new.
    private var lastNews: Duration
    /// What it said last, by its own time.
    private var beat: Int64?
    /// Whether it has said something since it was first seen.
    private(set) var hasSpoken = false

    init(_ vm: ComputeInstance, beat: Int64?, now: Duration) {
        identity = Self.identity(vm)
        lastNews = now
        self.beat = beat
    }

    static func identity(_ vm: ComputeInstance) -> String { "\(vm.zone)/\(vm.name)/\(vm.created)" }

    mutating func note(beat: Int64?, now: Duration) {
        guard let beat, beat != self.beat else { return }
        self.beat = beat
        lastNews = now
        hasSpoken = true
    }

    func silence(now: Duration) -> Duration { now - lastNews }

    /// Whether it has said nothing for too long.
    func isLost(_ rules: WaitRules, now: Duration) -> Bool {
        silence(now: now) >= (hasSpoken ? rules.silence : rules.boot)
    }
}

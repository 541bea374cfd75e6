import GoogleCloud

/// Makes a run's VMs: decides which request goes to which zone, and what becomes of each answer. No clock, no network: every
/// action is carried out by the caller, who hands in what came of it; the same events give the same actions.
///
/// All or nothing is asked first, in zone after zone; zones that Google names as having room are tried before the others. When no
/// zone has room for all, each is asked for what it can give. One request is under way at a time.
struct LaunchMachine: Sendable {
    struct Order: Sendable, Equatable {
        /// The VMs' names, no two equal.
        var names: [String]
        /// The allowed zones in the order in which to try them.
        var zones: [String]
        /// The run's id, by which VMs that are there already are known as the run's.
        var run: String
        /// What a VM takes of the quotas.
        var shape: MachineShape
        /// The quotas of each region, as far as they are known.
        var regionQuotas: [String: [ComputeQuota]] = [:]
        /// The quotas of the project as a whole, as far as they are known.
        var projectQuotas: [ComputeQuota] = []
    }

    /// One `bulkInsert`.
    struct Request: Sendable, Equatable {
        let zone: String
        let names: [String]
        /// How many must come for any to come.
        let minimum: Int
        /// Counts from 1; the same number again is the same request, to be sent with the same `requestId`.
        let number: Int
    }

    /// What the caller does next.
    enum Action: Sendable, Equatable {
        /// Sends the request and waits for its operation: `finished`, `failed` or `refused`.
        case bulkInsert(Request)
        /// Pauses: `waited`.
        case wait(Duration)
        /// Lists the project's VMs, not only those with labels: `listed`.
        case list
        /// Reads the quotas of the region and of the project: `quotas`.
        case readQuotas(region: String)
        /// Nothing: every VM is there.
        case done(LaunchReport)
        /// Nothing: not every VM could be made.
        case fail(LaunchReport)
    }

    /// What came of an action.
    enum Event: Sendable, Equatable {
        /// The operation went well.
        case finished
        /// The operation ended with failures.
        case failed([ComputeOperation.Failure], httpStatus: Int?)
        /// The request, a listing or a reading of quotas was refused or not answered.
        case refused(GoogleAPIError)
        /// The request was taken, and what came of it could not be read.
        case unread(GoogleAPIError)
        /// The VMs that are there.
        case listed([ComputeInstance])
        /// The quotas as they are now.
        case quotas(region: [ComputeQuota], project: [ComputeQuota])
        /// The pause is over.
        case waited
    }

    let spec: Order
    /// Names that are neither made nor given up, in order.
    var missing: [String]
    var report = LaunchReport()
    /// The zones that have still to be asked in this round.
    var zones: [String]
    /// Zones without room for all of several VMs, which may have room for some.
    var scarce: [String] = []
    /// Whether each zone is asked for what it can give.
    var isPartial = false
    var regionRoom: [String: QuotaHeadroom] = [:]
    var projectRoom = QuotaHeadroom()
    var request: Request?
    var numbers = 0
    var tries = Tries()
    /// Regions whose quotas were read in the course of this launch.
    var reread: Set<String> = []
    /// The region whose quotas are being read.
    var readRegion = ""
    /// What went wrong last or weighs most, for the report.
    var trouble: LaunchFailure?
    /// The last zone that had no room.
    var stockOut: LaunchFailure?
    /// What follows a listing or a pause.
    var next = Next.ask
    /// The failure that a listing is looked at for.
    var answered: Answer?

    /// Tries of one thing in a row.
    struct Tries: Sendable {
        var again = 0
        var rate = 0
        var lost = 0
        var names = 0
        var lists = 0
    }

    enum Next: Sendable {
        case ask
        /// The request under way once more.
        case resend
        /// Look which of the VMs of the request came, and end or go on.
        case takePartial, takeExisting, takeLost
        /// Look which of the VMs came although it failed, and then go on as `answered` calls for.
        case takeFailed
        /// Go on with what the quotas say.
        case takeQuotas
    }

    /// A launch of at least one name into at least one zone.
    init(_ spec: Order) {
        self.spec = spec
        missing = spec.names
        zones = spec.zones
        for region in Set(spec.zones.map { ComputeRegion.name(ofZone: $0) }) {
            let fit = QuotaFit(
                spec.shape,
                region: region,
                regionQuotas: spec.regionQuotas[region] ?? [],
                projectQuotas: spec.projectQuotas
            )
            regionRoom[region, default: QuotaHeadroom()].read(fit.tightestOfRegion)
            projectRoom.read(fit.tightestOfProject)
        }
    }

    mutating func start() -> Action { ask() }

    /// The next action after what came of the last one.
    mutating func handle(_ event: Event) -> Action {
        switch event {
        case .finished: finished()
        case .failed(let failures, let status): failed(failures, status)
        case .refused(let error): refused(error)
        case .unread(let error): listFirst(Answer(kind: .unreachable, said: "\(error)"))
        case .listed(let vms): listed(vms)
        case .quotas(let region, let project): quotas(region, project)
        case .waited: next == .resend ? resend() : ask()
        }
    }

    // MARK: Asking

    /// The next request, or the end when there is none to make.
    mutating func ask() -> Action {
        while !missing.isEmpty {
            guard let zone = zones.first else {
                guard !isPartial, !scarce.isEmpty else { return end() }
                isPartial = true
                zones = scarce
                continue
            }
            guard numbers < Limits.requests(spec) else {
                trouble = LaunchFailure(.unknown, "\(numbers) requests did not make them", zone: zone)
                return end()
            }
            let region = ComputeRegion.name(ofZone: zone)
            let wanted = min(missing.count, Limits.namesPerRequest)
            let count = projectRoom.next(of: regionRoom[region, default: QuotaHeadroom()].next(of: wanted))
            // What was read before the launch may be old: before it limits anything, it is read once more.
            if count < wanted, reread.insert(region).inserted { return readQuotas(region) }
            guard count > 0 else {
                noteQuota(region)
                zones.removeAll { ComputeRegion.name(ofZone: $0) == region }
                scarce.removeAll { ComputeRegion.name(ofZone: $0) == region }
                continue
            }
            if count < wanted { noteQuota(region) }
            numbers += 1
            report.requests += 1
            let new = Request(
                zone: zone,
                names: Array(missing.prefix(count)),
                minimum: isPartial ? 1 : count,
                number: numbers
            )
            request = new
            return .bulkInsert(new)
        }
        return end()
    }

    mutating func resend() -> Action {
        next = .ask
        return request.map(Action.bulkInsert) ?? ask()
    }

    mutating func readQuotas(_ region: String) -> Action {
        next = .takeQuotas
        readRegion = region
        return .readQuotas(region: region)
    }

    private mutating func noteQuota(_ region: String) {
        let project = projectRoom.next(of: Int.max)
        let limit =
            project <= regionRoom[region, default: QuotaHeadroom()].next(of: Int.max)
            ? projectRoom.limit : regionRoom[region, default: QuotaHeadroom()].limit
        note(LaunchFailure(.regionQuota, limit, zone: region))
    }

    /// Keeps what weighs most: a limit stays the reason even when other zones had no room either.
    mutating func note(_ new: LaunchFailure) {
        if new.kind == .stockOut { stockOut = new }
        if new.weight >= trouble?.weight ?? 0 { trouble = new }
    }

    /// The end, with the report.
    mutating func end() -> Action {
        report.missing = missing
        guard !missing.isEmpty else { return .done(report) }
        let trouble = decisive ?? LaunchFailure(.unknown, "there is no zone to make them in", zone: "")
        report.reason = trouble.reason
        report.remedy = trouble.remedy
        report.status = trouble.status
        return .fail(report)
    }

    /// Where a limit leaves room that no zone could fill, the limit is not the reason.
    private var decisive: LaunchFailure? {
        guard let trouble, trouble.isQuota, let stockOut else { return trouble }
        let hasRoom = projectRoom.next(of: 1) > 0 && regionRoom.values.contains { $0.next(of: 1) > 0 }
        return hasRoom ? stockOut : trouble
    }

    // MARK: Bookkeeping

    /// These are there now.
    mutating func take(_ names: [String], zone: String, isOwn: Bool) {
        let there = Set(names)
        missing.removeAll { there.contains($0) }
        if isOwn {
            report.created[zone, default: []] += names
        } else {
            report.existing[zone, default: []] += names
        }
        regionRoom[ComputeRegion.name(ofZone: zone), default: QuotaHeadroom()].take(names.count)
        projectRoom.take(names.count)
    }

    /// The zone of the request is not asked again in this round.
    mutating func leaveZone(scarce isScarce: Bool = false) {
        guard let request else { return }
        zones.removeAll { $0 == request.zone }
        if isScarce, !isPartial, request.names.count > 1 { scarce.append(request.zone) }
        tries = Tries()
    }
}

/// How often, how many, how long.
enum Limits {
    /// A call may have more; fewer are easier to find room for.
    static let namesPerRequest = 1_000
    static let again = 2
    static let rate = 10
    static let lost = 4
    static let names = 3
    /// Listings while VMs of the names are going away, which takes some minutes at most.
    static let lists = 30
    static let pause = Duration.seconds(10)

    /// A bound that no honest launch reaches: each round of zones, some searching for a limit, and some repetition.
    static func requests(_ spec: LaunchMachine.Order) -> Int {
        100 + 8 * spec.zones.count + spec.names.count / 100
    }

    /// 15, 30, 60, 60 … seconds: the rate's window is a minute.
    static func ratePause(_ attempt: Int) -> Duration { .seconds(min(60, 15 << min(attempt - 1, 2))) }
    /// 5, 10, 20 … seconds.
    static func lostPause(_ attempt: Int) -> Duration { .seconds(5 << min(attempt - 1, 3)) }
}

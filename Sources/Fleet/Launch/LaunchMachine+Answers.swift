import GoogleCloud
import Transport

extension LaunchMachine {
    /// The operation of a request went well. All or nothing is then all; otherwise only a listing says how many came.
    mutating func finished() -> Action {
        guard let request else { return ask() }
        tries = Tries()
        guard request.minimum == request.names.count else {
            next = .takePartial
            return .list
        }
        take(request.names, zone: request.zone, isOwn: true)
        return ask()
    }

    mutating func failed(_ failures: [ComputeOperation.Failure], _ status: Int?) -> Action {
        guard let (kind, failure) = LaunchFailureClass.deciding(failures, httpStatus: status) else { return finished() }
        let said = failure.message.isEmpty ? failure.code : "\(failure.code): \(failure.message.clipped(toBytes: 300))"
        let answer = Answer(kind: kind, said: said, zones: failure.zonesAvailable)
        // All or nothing is nothing then; otherwise some may have come.
        return request.map { $0.minimum < $0.names.count } ?? false ? listFirst(answer) : self.answer(answer)
    }

    /// Before it is asked again: VMs would be asked for twice.
    mutating func listFirst(_ answer: Answer) -> Action {
        answered = answer
        next = .takeFailed
        return .list
    }

    mutating func refused(_ error: GoogleAPIError) -> Action {
        switch next {
        case .takePartial, .takeExisting, .takeLost, .takeFailed:
            // The listing failed: what came of the request is not known.
            note(LaunchFailure(LaunchFailureClass.of(error), "\(error)", zone: request?.zone ?? ""))
            return end()
        case .takeQuotas:
            next = .ask
            return ask()
        case .ask, .resend: break
        }
        return answer(Answer(kind: LaunchFailureClass.of(error), said: "\(error)"))
    }

    /// What an answer that is no success calls for.
    private mutating func answer(_ answer: Answer) -> Action {
        guard let request else { return end() }
        let (kind, said) = (answer.kind, answer.said)
        note(LaunchFailure(kind, said, zone: request.zone))
        switch kind {
        case .stockOut:
            leaveZone(scarce: true)
            zones = answer.zones.filter(zones.contains) + zones.filter { !answer.zones.contains($0) }
            return ask()
        case .elsewhere, .unknown:
            leaveZone()
            return ask()
        case .again:
            tries.again += 1
            if tries.again > Limits.again { leaveZone(scarce: true) }
            return pause(Limits.pause, then: .ask)
        case .regionQuota, .projectQuota: return overQuota(kind, request, said)
        case .rate:
            tries.rate += 1
            guard tries.rate <= Limits.rate else { return end() }
            return pause(Limits.ratePause(tries.rate), then: .ask)
        case .exists:
            tries.names += 1
            next = .takeExisting
            return .list
        case .permission, .policy, .invalid: return end()
        case .unreachable:
            tries.lost += 1
            guard tries.lost < Limits.lost else {
                next = .takeLost
                return .list
            }
            return pause(Limits.lostPause(tries.lost), then: .resend)
        }
    }

    private mutating func pause(_ duration: Duration, then: Next) -> Action {
        next = then
        return .wait(duration)
    }

    // MARK: Quotas

    private mutating func overQuota(_ kind: LaunchFailureClass, _ request: Request, _ said: String) -> Action {
        let region = ComputeRegion.name(ofZone: request.zone)
        if kind == .projectQuota {
            projectRoom.refuse(request.names.count, said)
        } else {
            regionRoom[region, default: QuotaHeadroom()].refuse(request.names.count, said)
        }
        // What was read before the launch is old now; read once more, and from then on by trying.
        return reread.insert(region).inserted ? readQuotas(region) : ask()
    }

    mutating func quotas(_ region: [ComputeQuota], _ project: [ComputeQuota]) -> Action {
        next = .ask
        let fit = QuotaFit(spec.shape, region: readRegion, regionQuotas: region, projectQuotas: project)
        regionRoom[readRegion, default: QuotaHeadroom()].read(fit.tightestOfRegion)
        projectRoom.read(fit.tightestOfProject)
        return ask()
    }

    // MARK: Listings

    /// What is there of the names. VMs of the run that are alive count; those going away are waited for; others' are trouble.
    mutating func listed(_ vms: [ComputeInstance]) -> Action {
        let after = next
        next = .ask
        guard let request else { return ask() }
        let wanted = Set(missing)
        let there = vms.filter { wanted.contains($0.name) }
        let own = there.filter {
            $0.labels[FleetNames.Label.run] == spec.run && $0.labels[FleetNames.Label.kit] != nil
        }
        let asked = Set(request.names)
        var taken: Set<String> = []
        var came = 0
        for vm in own.sorted(by: { $0.name < $1.name }) where vm.status.isAlive && taken.insert(vm.name).inserted {
            let isOwn = after != .takeExisting && vm.zone == request.zone && asked.contains(vm.name)
            take([vm.name], zone: vm.zone, isOwn: isOwn)
            if isOwn { came += 1 }
        }
        if missing.isEmpty { return end() }
        switch after {
        case .takePartial:
            // The zone gave what it had.
            if came < request.names.count { leaveZone() }
            return ask()
        case .takeLost: return end()
        case .takeFailed:
            // With some of them there, the request is another one now.
            guard came == 0, let answered else { return ask() }
            return answer(answered)
        case .takeExisting:
            return existing(
                there.filter { $0.zone == request.zone && !own.contains($0) },
                own,
                cameSome: !taken.isEmpty
            )
        case .ask, .resend, .takeQuotas: return ask()
        }
    }

    /// A name exists, says the service.
    private mutating func existing(_ strangers: [ComputeInstance], _ own: [ComputeInstance], cameSome: Bool) -> Action {
        let others = strangers.map(\.name).sorted()
        if !others.isEmpty {
            trouble = LaunchFailure(
                .exists,
                "\(NameList.text(others)) \(others.count == 1 ? "is" : "are") there and not of this run",
                zone: ""
            )
            return end()
        }
        if cameSome {
            tries.names = 0
            return ask()
        }
        let standing = own.filter { missing.contains($0.name) }
        if standing.contains(where: { !$0.status.isStopped }) {
            tries.lists += 1
            tries.names = 0
            if tries.lists <= Limits.lists { return pause(Limits.pause, then: .ask) }
        }
        guard standing.isEmpty, tries.names < Limits.names else {
            if !standing.isEmpty {
                let names = NameList.text(standing.map(\.name).sorted())
                trouble = LaunchFailure(.again, "\(names) of this run are stopped or are not deleted", zone: "")
            }
            return end()
        }
        return pause(Limits.pause, then: .ask)
    }
}

/// A failure, and what the service says about it.
struct Answer: Sendable, Equatable {
    var kind: LaunchFailureClass
    var said: String
    var zones: [String] = []
}

import Common
import Console
import GoogleCloud
import Text
import Transport

/// Carries out what was decided about a run's VMs.
struct FleetExecutor: Sendable {
    let spec: LaunchSpec
    let services: FleetServices
    let machines: MachineCheck.Facts
    let projectQuotas: [ComputeQuota]
    /// Whether VMs have addresses of their own.
    let isDirect: Bool
    let metadata: [String: String]
    let logger: Logger

    /// Changes under way at once; far below what the rate limits allow a minute.
    private static let concurrency = 20

    // MARK: Making

    /// Makes VMs, group after group; what could not be made is in the report. Throws when the task is cancelled.
    func make(_ creations: [Creation]) async throws -> [LaunchReport] {
        var reports: [LaunchReport] = []
        for creation in creations { reports.append(try await make(creation)) }
        return reports
    }

    private func make(_ creation: Creation) async throws -> LaunchReport {
        var machine = LaunchMachine(
            LaunchMachine.Order(
                names: creation.names,
                zones: creation.zones,
                run: spec.run.id,
                shape: spec.shape(machines.machineType, isDirect: isDirect),
                regionQuotas: [machines.region.name: machines.region.quotas],
                projectQuotas: projectQuotas
            )
        )
        var ids: [Int: RequestID] = [:]
        var action = machine.start()
        while true {
            try Task.checkCancellation()
            switch action {
            case .bulkInsert(let request):
                let id = ids[request.number] ?? services.requestID()
                ids[request.number] = id
                action = machine.handle(try await send(request, id))
            case .wait(let pause):
                logger.info("waiting before more VMs are asked for", ["seconds": .double(pause / .seconds(1))])
                try await services.clock.sleep(pause)
                action = machine.handle(.waited)
            case .list:
                action = machine.handle(
                    await answer {
                        .listed(try await services.compute.instances(filter: FleetSnapshot.filter(spec.prefix)))
                    }
                )
            case .readQuotas(let region):
                action = machine.handle(
                    await answer {
                        async let regional = services.compute.region(region)
                        async let project = services.compute.projectQuotas()
                        return .quotas(region: try await regional.quotas, project: try await project)
                    }
                )
            case .done(let report), .fail(let report): return report
            }
        }
    }

    private func send(_ request: LaunchMachine.Request, _ id: RequestID) async throws -> LaunchMachine.Event {
        logger.info(
            "asking for VMs",
            [
                "zone": .string(request.zone), "vms": .int(Int64(request.names.count)),
                "first": .string(request.names[0]),
            ]
        )
        let event = await answer {
            let begun = try await services.compute.bulkInsert(
                zone: request.zone,
                spec.new(request, machines, isDirect: isDirect, metadata: metadata),
                requestID: id
            )
            let operation: ComputeOperation
            switch await ending(of: begun) {
            case .success(let ended): operation = ended
            case .failure(let error): return .unread(error)
            }
            let failures = try await causes(of: operation, zone: request.zone)
            return failures.isEmpty ? .finished : .failed(failures, httpStatus: operation.httpStatus)
        }
        if case .failed(let failures, _) = event, let first = failures.first {
            logger.warning("VMs could not be made", ["zone": .string(request.zone), "reason": .string(first.message)])
        }
        return event
    }

    private func ending(of begun: ComputeOperation) async -> Result<ComputeOperation, GoogleAPIError> {
        do throws(GoogleAPIError) {
            return .success(try await services.compute.wait(begun))
        } catch {
            return .failure(error)
        }
    }

    /// The failures of a bulkInsert. Where it says no more than that too few came, the VMs' own operations say why.
    private func causes(of operation: ComputeOperation, zone: String) async throws -> [ComputeOperation.Failure] {
        let isSilent =
            !operation.failures.isEmpty
            && operation.failures.allSatisfy { $0.code == LaunchFailureClass.minimumNotReached }
        guard isSilent, let group = operation.groupID else { return operation.failures }
        do throws(GoogleAPIError) {
            let members = try await services.compute.operations(zone: zone, filter: "operationGroupId = \(group)")
            return operation.failures + members.flatMap(\.failures)
        } catch {
            // Reading operations needs a permission of its own; without it the failure stays what it is.
            logger.debug("why VMs could not be made is not known", ["reason": .string("\(error)")])
            return operation.failures
        }
    }

    private func answer(_ ask: () async throws -> LaunchMachine.Event) async -> LaunchMachine.Event {
        do {
            return try await ask()
        } catch let error as GoogleAPIError {
            return .refused(error)
        } catch {
            return .refused(GoogleAPIError(.transport, operation: "make VMs", detail: "\(error)", retryAdvice: .never))
        }
    }

    // MARK: Starting and deleting

    /// Starts VMs that stand still. Returns the names of those that have no room in their zones; other failures are thrown.
    func start(_ vms: [ComputeInstance]) async throws -> Set<String> {
        let results = try await each(vms) { vm -> String? in
            let what = "start \(vm.name) in \(vm.zone)"
            guard let begun = try await beginStart(vm) else { return vm.name }
            let operation = try await services.compute.wait(begun)
            let deciding = LaunchFailureClass.deciding(operation.failures, httpStatus: operation.httpStatus)?.class
            if deciding == .stockOut || deciding == .again { return vm.name }
            try operation.checked(what)
            return nil
        }
        return Set(results.compactMap { $0 })
    }

    /// Nil when the zone says at once that it has no room.
    private func beginStart(_ vm: ComputeInstance) async throws -> ComputeOperation? {
        do {
            return try await services.compute.start(zone: vm.zone, name: vm.name, requestID: services.requestID())
        } catch {
            guard error.kind == .stockOut else { throw error }
            return nil
        }
    }

    /// Deletes VMs and waits until they are gone; what is gone already is fine.
    func delete(_ vms: [ComputeInstance]) async throws {
        _ = try await each(vms) { vm in
            do {
                let begun = try await services.compute.delete(
                    zone: vm.zone,
                    name: vm.name,
                    requestID: services.requestID()
                )
                try await services.compute.wait(begun).checked("delete \(vm.name) in \(vm.zone)")
            } catch let error as GoogleAPIError where error.kind == .notFound {
                return
            }
        }
    }

    private func each<Result: Sendable>(
        _ vms: [ComputeInstance],
        _ work: @escaping @Sendable (ComputeInstance) async throws -> Result
    ) async throws -> [Result] {
        try await withThrowingTaskGroup(of: Result.self) { group in
            var waiting = vms.makeIterator()
            var results: [Result] = []
            for _ in 0..<Self.concurrency { if let vm = waiting.next() { group.addTask { try await work(vm) } } }
            while let result = try await group.next() {
                results.append(result)
                if let vm = waiting.next() { group.addTask { try await work(vm) } }
            }
            return results
        }
    }
}

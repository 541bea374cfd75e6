import Synchronization
public import Text

/// A stand-in for Compute Engine: VMs with their life cycle, disks, addresses, routers, quotas and operations.
///
/// As strict as the real one, by Google's own description of the API. VMs are booted by the `VMHost` of the options.
public final class ComputeService: JSONService {
    /// `compute`.
    public let name = "compute"
    public let options: ComputeOptions

    /// Read once, at the first request.
    static let contract = Result { try ContractValidator(PackageResources.compute_json) }

    private let state: Mutex<ComputeState>
    let timer: ComputeTimer

    /// Starts with networks and no VM.
    public init(_ options: ComputeOptions = ComputeOptions()) {
        self.options = options
        timer = ComputeTimer()
        var state = ComputeState()
        state.faults = ComputeFaults(options.faults)
        for project in options.projects where options.hasDefaultNetwork {
            Self.addDefaultNetwork(of: project.id, options.regions, to: &state)
        }
        self.state = Mutex(state)
    }

    deinit { timer.stop() }

    /// Looks at the state or changes it; what the change brings about outside is done when the lock is free again.
    func withState<Value: Sendable, Failure: Error>(
        _ work: (inout ComputeState) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        var effects: [@Sendable (ComputeService) -> Void] = []
        defer { for effect in effects { effect(self) } }
        return try state.withLock { state throws(Failure) in
            defer {
                effects = state.effects
                state.effects = []
            }
            return try work(&state)
        }
    }

    /// Changes the state later.
    func later(_ milliseconds: Int, _ work: @escaping @Sendable (ComputeService, inout ComputeState) -> Void) {
        timer.after(milliseconds: milliseconds) { [weak self] in
            guard let self else { return }
            self.withState { work(self, &$0) }
        }
    }

    // MARK: JSONService

    /// Answers one request, or a batch of them.
    public func respond(to exchange: Exchange) throws -> ServedResponse {
        exchange.request.path == Self.batchPath ? try respondToBatch(exchange) : try respondToCall(exchange)
    }

    /// Compute Engine's v1.
    public func validators() throws -> [ContractValidator] { [try Self.contract.get()] }

    /// As the options say.
    public func isAuthorized(_ authorization: String?) -> Bool { options.isAuthorized?(authorization) ?? true }

    /// An error in Google's JSON form.
    public func refusal(_ told: RefusalText) -> ServedResponse {
        .googleError(told.status, told.reason ?? googleReason(told.status), told.message)
    }

    /// Answers a request that is in order.
    public func answer(_ call: JSONCall) throws -> JSONValue {
        withState { $0.counts[call.method, default: 0] += 1 }
        try checkAPI(call)
        let resource = call.method.split(separator: ".").dropFirst().first.map(String.init) ?? ""
        // Public projects have images to see and nothing else.
        if resource == "images" || resource == "imageFamilyViews" { return try answerImages(call) }
        let place = try Place(call, options)
        try permit(call, place)
        switch resource {
        case "instances": return try answerInstances(call, place)
        case "zoneOperations", "regionOperations", "globalOperations": return try answerOperations(call, place)
        case "zones", "regions", "projects": return try answerPlaces(call, place)
        case "machineTypes": return try answerMachineTypes(call, place)
        case "diskTypes": return try diskType(call, place)
        default:
            guard let kind = kind(resource) else {
                throw Refusal.google(501, "notImplemented", "The sandbox does not offer \(call.method).")
            }
            return try answerResources(call, place, kind)
        }
    }
}

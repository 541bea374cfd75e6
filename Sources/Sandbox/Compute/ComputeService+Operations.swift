import Dispatch
import Text

extension ComputeService {
    /// How long `wait` holds a request.
    static let waitMilliseconds = 120_000

    /// Carries out a change once: a request whose id was seen gets the operation of the first one.
    func change(
        _ call: JSONCall,
        _ project: String,
        _ work: (inout ComputeState, _ clientID: String?) throws -> ResourceKey
    ) throws -> JSONValue {
        let requestID = call.parameter("requestId")
        if let requestID { try Self.checkUUID(requestID) }
        let request = "\(call.request.method) \(call.request.path) \(call.body?.text() ?? "")"
        return try withState { state in
            if let requestID, let replay = state.replays["\(project) \(requestID)"] {
                guard replay.request == request else {
                    let why = "The request ID was used for another request."
                    throw Refusal.invalid("requestId", requestID, why)
                }
                return .object(state.operations[replay.operation]?.json ?? [:])
            }
            let key = try work(&state, requestID)
            if let requestID {
                state.replays["\(project) \(requestID)"] = ComputeState.Replay(request: request, operation: key)
            }
            return .object(state.operations[key]?.json ?? [:])
        }
    }

    private static func checkUUID(_ text: String) throws {
        let shape = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
        guard wholeMatch(text, pattern: shape), text.contains(where: { $0 != "0" && $0 != "-" }) else {
            throw Refusal.invalid("requestId", text, "Request ID must be a valid UUID and not the zero one.")
        }
    }

    func answerOperations(_ call: JSONCall, _ place: Place) throws -> JSONValue {
        let key = place.key(call.path("operation"))
        switch call.method.split(separator: ".").last {
        case "get": return try operation(key)
        case "wait": return try wait(for: key)
        case "list":
            return try list(call, place, kind: "compute#operationList") { state in
                state.operations.values.map { ($0.key, $0.json) }
            }
        case "aggregatedList":
            return try aggregate(
                call,
                place,
                kind: "compute#operationAggregatedList",
                collection: "operations",
                scopes: scopes(zones: true, regions: true, global: true)
            ) { state in state.operations.values.map { ($0.key, $0.json) } }
        case "delete":
            return try withState { state in
                guard let operation = state.operations[key] else {
                    throw Refusal.noSuchResource(key.path("operations"))
                }
                guard operation.status == .done else { throw Refusal.notReady(key.path("operations")) }
                state.operations[key] = nil
                return [:]
            }
        default: throw Refusal.google(501, "notImplemented", "The sandbox does not offer \(call.method).")
        }
    }

    private func operation(_ key: ResourceKey) throws -> JSONValue {
        try withState { state in
            guard let operation = state.operations[key] else { throw Refusal.noSuchResource(key.path("operations")) }
            return .object(operation.json)
        }
    }

    private func wait(for key: ResourceKey) throws -> JSONValue {
        let wake = DispatchSemaphore(value: 0)
        let isRunning = withState { state in
            guard state.operations[key]?.status == .running, !state.isStopped else { return false }
            state.waiters[key, default: []].append(wake)
            return true
        }
        if isRunning {
            _ = wake.wait(timeout: .now() + .milliseconds(Self.waitMilliseconds))
            withState { state in
                state.waiters[key]?.removeAll { $0 === wake }
                if state.waiters[key]?.isEmpty == true { state.waiters[key] = nil }
            }
        }
        return try operation(key)
    }
}

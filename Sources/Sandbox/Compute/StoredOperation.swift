import Text

/// An operation of Compute Engine.
struct StoredOperation: Sendable {
    enum Status: String, Sendable { case running = "RUNNING", done = "DONE" }

    /// How far a bulkInsert is, for each zone's status.
    struct BulkProgress: Sendable, Equatable {
        let zone: String
        let target: Int
        var created = 0
        var failed = 0
        var deleted = 0
        var status = "CREATING"
    }

    let key: ResourceKey
    let id: UInt64
    let type: String
    /// What it works on, as a path.
    let target: String
    let targetID: UInt64?
    let clientID: String?
    let groupID: String?
    let started: Int
    var ended: Int?
    var status = Status.running
    /// Why it failed, one reason or more; empty for success.
    var failures: [OperationFailure] = []
    var bulk: BulkProgress?

    private static let collections = "operations"

    var link: String { key.link(Self.collections) }

    var json: JSONObject {
        var json: JSONObject = [
            "kind": "compute#operation", "id": .string(String(id)), "name": .string(key.name),
            "operationType": .string(type), "targetLink": .string(ComputeLink.url(target)),
            "status": .string(status.rawValue), "user": "operator@example.com",
            "progress": .integer(status == .done ? 100 : 0), "insertTime": .string(ComputeClock.text(started)),
            "startTime": .string(ComputeClock.text(started)), "selfLink": .string(link),
        ]
        let place = JSONValue.string(ComputeLink.url("projects/\(key.project)/\(key.scope.path)"))
        switch key.scope {
        case .zone: json["zone"] = place
        case .region: json["region"] = place
        case .global: break
        }
        json["targetId"] = targetID.map { .string(String($0)) }
        json["clientOperationId"] = clientID.map { .string($0) }
        json["operationGroupId"] = groupID.map { .string($0) }
        json["endTime"] = ended.map { .string(ComputeClock.text($0)) }
        // The HTTP status is that of the cause, which comes last. What it is for a summary alone no public source shows.
        if let cause = failures.last, status == .done {
            json["error"] = ["errors": .array(failures.map(\.json))]
            json["httpErrorStatusCode"] = .integer(cause.httpStatus)
            json["httpErrorMessage"] = .string(cause.httpMessage)
        }
        if let bulk {
            let counts: JSONValue = [
                "targetVmCount": .integer(bulk.target), "createdVmCount": .integer(bulk.created),
                "failedToCreateVmCount": .integer(bulk.failed), "deletedVmCount": .integer(bulk.deleted),
                "status": .string(bulk.status),
            ]
            var places = JSONObject()
            places["zones/\(bulk.zone)"] = counts
            json["instancesBulkInsertOperationMetadata"] = ["perLocationStatus": .object(places)]
        }
        return json
    }
}

/// Times as Compute Engine writes them: in the Pacific zone's offset.
enum ComputeClock {
    static func text(_ microseconds: Int) -> String {
        String(Clock.rfc3339(microseconds - 8 * 3_600_000_000).dropLast()) + "-08:00"
    }
}

/// A long-running change in Compute Engine, as it stands.
public struct ComputeOperation: Sendable, Equatable {
    /// Where the operation lives, which decides where it is waited for.
    public enum Scope: Sendable, Hashable {
        /// In a zone, by its bare name.
        case zone(String)
        /// In a region, by its bare name.
        case region(String)
        case global
    }

    /// One entry of `error.errors[]`.
    public struct Failure: Sendable, Equatable {
        /// Google's code: `ZONE_RESOURCE_POOL_EXHAUSTED`.
        public var code: String
        public var message: String
        /// `errorInfo.metadatas.zonesAvailable`, bare zone names in Google's order.
        public var zonesAvailable: [String]
        /// `quotaInfo`, when a quota was the reason.
        public var quota: Quota?

        public init(code: String, message: String, zonesAvailable: [String] = [], quota: Quota? = nil) {
            self.code = code
            self.message = message
            self.zonesAvailable = zonesAvailable
            self.quota = quota
        }
    }

    /// The limit that `quotaInfo` names.
    public struct Quota: Sendable, Equatable {
        /// `limitName`: `CPUS-per-project-region`.
        public var limitName: String
        /// `metricName`: `compute.googleapis.com/cpus`.
        public var metricName: String
        public var limit: Double

        public init(limitName: String, metricName: String, limit: Double) {
            self.limitName = limitName
            self.metricName = metricName
            self.limit = limit
        }
    }

    public var name: String
    public var scope: Scope
    /// What it does: `bulkInsert`, `delete`.
    public var type: String
    /// What it works on, as a URL.
    public var targetLink: String
    /// What the operations of one bulkInsert have in common (`operationGroupId`).
    public var groupID: String?
    /// Whether it is over, well or not.
    public var isDone: Bool
    /// Why it failed; empty while it runs and when it went well.
    public var failures: [Failure]
    /// `httpErrorStatusCode` of a failed operation.
    public var httpStatus: Int?

    public init(
        name: String,
        scope: Scope,
        type: String = "",
        targetLink: String = "",
        groupID: String? = nil,
        isDone: Bool,
        failures: [Failure] = [],
        httpStatus: Int? = nil
    ) {
        self.name = name
        self.scope = scope
        self.type = type
        self.targetLink = targetLink
        self.groupID = groupID
        self.isDone = isDone
        self.failures = failures
        self.httpStatus = httpStatus
    }
}

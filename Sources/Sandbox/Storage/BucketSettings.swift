import Text

/// How a bucket is set up that the sandbox makes at its start.
public struct BucketSettings: Sendable, Equatable {
    /// A region, or a multi-region such as `US`.
    public var location = "ASIA-NORTHEAST1"
    /// The key of Cloud KMS that encrypts new objects; then lists show no checksums.
    public var kmsKey: String?
    /// Objects younger than this can be neither overwritten nor deleted.
    public var retentionSeconds: Int?
    /// New objects have an event-based hold.
    public var holdsNewObjects = false
    /// Requests must name a project that pays for them.
    public var requesterPays = false

    /// A bucket in the sandbox's first region, and nothing special.
    public init() {}

    /// The forms of `--bucket-kind`, for help texts.
    public static let kinds = "cmek, retention:SECONDS, event-hold, requester-pays or location:PLACE"

    /// Adds what a word such as `cmek` or `retention:30` asks for; false when it is not known.
    public mutating func apply(_ word: String) -> Bool {
        let parts = word.split(separator: ":", maxSplits: 1).map(String.init)
        switch (parts.first, parts.count) {
        case ("cmek", 1): kmsKey = "projects/kms-project/locations/asia-northeast1/keyRings/ring/cryptoKeys/key"
        case ("retention", 2):
            guard let seconds = Int(parts[1]), seconds > 0 else { return false }
            retentionSeconds = seconds
        case ("event-hold", 1): holdsNewObjects = true
        case ("requester-pays", 1): requesterPays = true
        case ("location", 2): location = parts[1].uppercased()
        default: return false
        }
        return true
    }

    /// The body of the request that makes such a bucket.
    var body: JSONValue {
        var body: JSONObject = [
            "location": .string(location),
            "iamConfiguration": ["uniformBucketLevelAccess": ["enabled": true]],
        ]
        body["encryption"] = kmsKey.map { ["defaultKmsKeyName": .string($0)] }
        body["retentionPolicy"] = retentionSeconds.map { ["retentionPeriod": .string(String($0))] }
        if holdsNewObjects { body["defaultEventBasedHold"] = true }
        if requesterPays { body["billing"] = ["requesterPays": true] }
        return .object(body)
    }
}

extension StorageDirectory.Bucket {
    /// Refuses a request that must name a project to pay for it and does not.
    func checkPayer(_ request: ServedRequest) throws {
        guard resource["billing"]?["requesterPays"] == true, request.parameter("userProject") == nil,
            request.headers["X-Goog-User-Project"] == nil
        else { return }
        let message = "Bucket is a requester pays bucket but no user project provided."
        throw Refusal.google(400, "required", message)
    }

    /// The key that encrypts new objects.
    var kmsKey: String? { resource["encryption"]?["defaultKmsKeyName"]?.string }

    /// How long new objects are kept.
    var retentionSeconds: Int? { resource["retentionPolicy"]?["retentionPeriod"]?.integer }

    /// Refuses to replace or delete an object that is held or too young.
    func checkReplaceable(_ object: StoredObject?, now: Int = Clock.microseconds()) throws {
        guard let object else { return }
        let name = "Object '\(object.bucket)/\(object.name)'"
        for (field, word) in [("eventBasedHold", "Event-Based"), ("temporaryHold", "Temporary")]
        where object.fields[field] == true {
            let rest = "and cannot be deleted, overwritten or archived until hold is removed."
            throw Refusal.google(403, "forbidden", "\(name) is under active \(word) hold \(rest)")
        }
        guard let end = object.keptUntil, now < end else { return }
        throw Refusal.google(
            403,
            "retentionPolicyNotMet",
            "\(name) is subject to bucket's retention policy or object retention and cannot be deleted or overwritten until "
                + ComputeClock.text(end)
        )
    }

    /// What a new object has because of the bucket it is in.
    func adding(to fields: JSONObject) -> JSONObject {
        var fields = fields
        if resource["defaultEventBasedHold"] == true, fields["eventBasedHold"] == nil {
            fields["eventBasedHold"] = true
        }
        return fields
    }
}

/// A persistent disk of a zone.
public struct ComputeDisk: Sendable, Equatable {
    /// The name, unique in its project and zone.
    public var name: String
    /// The zone's bare name; empty for a disk of a region.
    public var zone: String
    /// GB of 2^30 bytes.
    public var gigabytes: Int
    public var labels: [String: String]
    /// The bare names of the VMs that it is attached to.
    public var users: [String]
    /// When it was made, RFC 3339.
    public var created: String

    public init(
        name: String,
        zone: String,
        gigabytes: Int = 100,
        labels: [String: String] = [:],
        users: [String] = [],
        created: String = "2023-05-24T00:00:00Z"
    ) {
        self.name = name
        self.zone = zone
        self.gigabytes = gigabytes
        self.labels = labels
        self.users = users
        self.created = created
    }
}

/// A region of Compute Engine as a project sees it.
public struct ComputeRegion: Sendable, Equatable {
    /// The name: `asia-northeast1`.
    public var name: String
    /// The bare names of its zones, in Google's order.
    public var zones: [String]
    /// The project's quotas in it; empty when Google could not tell them.
    public var quotas: [ComputeQuota]

    public init(name: String, zones: [String], quotas: [ComputeQuota] = []) {
        self.name = name
        self.zones = zones
        self.quotas = quotas
    }

    /// The region of a zone: `asia-northeast1` of `asia-northeast1-a`.
    public static func name(ofZone zone: String) -> String {
        zone.lastIndex(of: "-").map { String(zone[..<$0]) } ?? zone
    }
}

/// A limit of a project, of a region or as a whole.
public struct ComputeQuota: Sendable, Equatable {
    /// What is limited: `PREEMPTIBLE_CPUS`.
    public var metric: String
    public var limit: Double
    /// How much of it is used.
    public var usage: Double

    public init(metric: String, limit: Double, usage: Double) {
        self.metric = metric
        self.limit = limit
        self.usage = usage
    }
}

public struct ComputeMachineType: Sendable, Equatable {
    /// The bare name.
    public var name: String
    public var vCPUs: Int
    /// Memory in MB of 2^20 bytes.
    public var memoryMegabytes: Int

    public init(name: String, vCPUs: Int, memoryMegabytes: Int) {
        self.name = name
        self.vCPUs = vCPUs
        self.memoryMegabytes = memoryMegabytes
    }
}

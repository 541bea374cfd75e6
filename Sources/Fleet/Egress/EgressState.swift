public import GoogleCloud

/// What there is in a region that VMs without addresses of their own could reach the internet through.
public struct EgressState: Sendable, Equatable {
    /// The region.
    public var region: String
    /// The network that the VMs are in.
    public var network: String
    /// The name of the subnetwork that they are in.
    public var subnetworkName: String
    /// The subnetwork; nil when there is none of that name.
    public var subnetwork: ComputeSubnetwork?
    /// The kit's reserved address; nil when there is none.
    public var address: ComputeAddress?
    /// All routers of the region.
    public var routers: [ComputeRouter]

    /// A state.
    public init(
        region: String,
        network: String,
        subnetworkName: String,
        subnetwork: ComputeSubnetwork?,
        address: ComputeAddress?,
        routers: [ComputeRouter]
    ) {
        self.region = region
        self.network = network
        self.subnetworkName = subnetworkName
        self.subnetwork = subnetwork
        self.address = address
        self.routers = routers
    }
}

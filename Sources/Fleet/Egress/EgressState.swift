import GoogleCloud

/// What there is in a region that VMs without addresses of their own could reach the internet through.
struct EgressState: Sendable, Equatable {
    var region: String
    /// The network that the VMs are in.
    var network: String
    /// The name of the subnetwork that they are in.
    var subnetworkName: String
    /// The subnetwork; nil when there is none of that name.
    var subnetwork: ComputeSubnetwork?
    /// The kit's reserved address; nil when there is none.
    var address: ComputeAddress?
    var routers: [ComputeRouter]
}

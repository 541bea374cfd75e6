/// A network of a project.
public struct ComputeNetwork: Sendable, Equatable {
    /// The bare name.
    public var name: String
    /// Whether each region has one subnetwork of the network's name.
    public var hasAutomaticSubnetworks: Bool
    public var subnetworks: [Subnetwork]

    public struct Subnetwork: Sendable, Equatable {
        /// The region's bare name.
        public var region: String
        /// The subnetwork's bare name.
        public var name: String

        public init(region: String, name: String) {
            self.region = region
            self.name = name
        }
    }

    public init(name: String, hasAutomaticSubnetworks: Bool, subnetworks: [Subnetwork]) {
        self.name = name
        self.hasAutomaticSubnetworks = hasAutomaticSubnetworks
        self.subnetworks = subnetworks
    }
}

public struct ComputeSubnetwork: Sendable, Equatable {
    /// The bare name.
    public var name: String
    /// The region's bare name.
    public var region: String
    /// The network's bare name.
    public var network: String
    /// Whether VMs without an external address reach Google's services.
    public var hasPrivateGoogleAccess: Bool

    public init(name: String, region: String, network: String, hasPrivateGoogleAccess: Bool) {
        self.name = name
        self.region = region
        self.network = network
        self.hasPrivateGoogleAccess = hasPrivateGoogleAccess
    }
}

public struct ComputeAddress: Sendable, Equatable {
    /// The bare name.
    public var name: String
    /// The region's bare name.
    public var region: String
    /// The IPv4 address; empty while it is being reserved.
    public var address: String
    /// The bare names of what uses it.
    public var users: [String]

    public init(name: String, region: String, address: String, users: [String] = []) {
        self.name = name
        self.region = region
        self.address = address
        self.users = users
    }
}

/// A router with the Cloud NATs on it.
public struct ComputeRouter: Sendable, Equatable {
    /// The bare name.
    public var name: String
    /// The region's bare name.
    public var region: String
    /// The network's bare name.
    public var network: String
    public var nats: [NAT]

    /// A Cloud NAT for IPv4.
    public struct NAT: Sendable, Equatable {
        public enum Coverage: Sendable, Equatable {
            /// All of the network in the region.
            case all
            /// These, by their bare names.
            case only([String])
        }

        public var name: String
        /// The bare names of its reserved addresses; nil when Google chooses addresses as it needs them.
        public var addresses: [String]?
        public var coverage: Coverage
        /// Whether it leads to the internet and not to other networks.
        public var isPublic: Bool

        public init(name: String, addresses: [String]?, coverage: Coverage = .all, isPublic: Bool = true) {
            self.name = name
            self.addresses = addresses
            self.coverage = coverage
            self.isPublic = isPublic
        }

        /// Whether VMs of the subnetwork go through it.
        public func covers(_ subnetwork: String) -> Bool {
            guard isPublic else { return false }
            switch coverage {
            case .all: return true
            case .only(let names): return names.contains(subnetwork)
            }
        }
    }

    public init(name: String, region: String, network: String, nats: [NAT]) {
        self.name = name
        self.region = region
        self.network = network
        self.nats = nats
    }
}

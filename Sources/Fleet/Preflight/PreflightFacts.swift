import GoogleCloud
import Tardis

/// What the checks learned that a launch needs to know.
struct PreflightFacts: Sendable {
    /// What is there, and what has to be done.
    let view: ReconcileContext
    /// Zone, machine type and network; nil when they could not be found.
    let machines: MachineCheck.Facts?
    let projectQuotas: [ComputeQuota]
    /// How the key gets to the VMs; nil when it cannot.
    let key: KeyDelivery?
    let keyInfo: KeyInfo?
    /// How VMs reach the internet; nil when they cannot.
    let egress: EgressCheck.Way?
}

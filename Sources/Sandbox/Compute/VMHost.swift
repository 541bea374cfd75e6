/// What a VM knows of itself when it boots.
public struct BootRecord: Sendable {
    public var project: String
    /// The project's number, as the metadata server's `instance/zone` shows it.
    public var projectNumber: Int
    /// The zone's bare name.
    public var zone: String
    public var name: String
    public var id: UInt64
    /// The machine type's bare name.
    public var machineType: String
    public var metadata: [String: String]
    /// The service account; nil for none.
    public var serviceAccount: String?
    public var scopes: [String]
    public var isPreemptible: Bool
}

/// Runs what a VM runs, as processes of this machine.
public protocol VMHost: Sendable {
    /// Boots a VM and returns at once. What it prints goes to the console; `turnedOff` is called once, on any thread, when the
    /// guest shuts down by itself, and not at all after `powerOff`.
    func boot(
        _ record: BootRecord,
        console: SerialConsole,
        turnedOff: @escaping @Sendable () -> Void
    ) -> any BootedVM
}

/// A VM that was booted.
public protocol BootedVM: Sendable {
    /// The metadata server's `instance/preempted` becomes TRUE where that is why, the guest shuts down (its shutdown script, then
    /// SIGTERM for all that still runs), and after the grace it is cut off (SIGKILL). Returns when nothing of it runs any more; harmless when its work is over.
    func powerOff(preempted: Bool, graceMilliseconds: Int)
}

/// Time as a test needs it: states that last milliseconds are seen however slow the machine is.
extension ComputeService {
    /// Holds everything in the state it is in: VMs do not come up, operations do not end.
    public func holdTime() { timer.hold(true) }

    /// Lets all go on; what has become due meanwhile happens at once.
    public func releaseTime() { timer.hold(false) }

    /// While time is held: does the one thing that comes next. False when nothing does.
    @discardableResult
    public func runNextStep() -> Bool { timer.runNext() }
}

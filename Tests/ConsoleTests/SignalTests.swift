import Console
import Glibc
import Testing

struct SignalTests {
    @Test(arguments: [
        ([SIGINT], [SignalPolicy.Action.cancel(.interrupted)]), ([SIGTERM], [.cancel(.terminated)]),
        ([SIGINT, SIGINT], [.cancel(.interrupted), .exitNow(.interrupted)]),
        ([SIGTERM, SIGTERM], [.cancel(.terminated), .ignore]),
        ([SIGTERM, SIGINT], [.cancel(.terminated), .exitNow(.interrupted)]),
        ([SIGINT, SIGTERM, SIGINT], [.cancel(.interrupted), .ignore, .exitNow(.interrupted)]),
    ])
    func theFirstSignalCancelsAndASecondInterruptEnds(signals: [Int32], actions: [SignalPolicy.Action]) {
        var policy = SignalPolicy()
        #expect(signals.map { policy.receive($0) } == actions)
        #expect(policy.first == signals.first)
    }

    @Test(.timeLimit(.minutes(30))) func everyRealSignalReachesTheHandlerAndNotTheProcess() async {
        let watcher = SignalWatcher()
        let (actions, continuation) = AsyncStream.makeStream(of: SignalPolicy.Action.self)
        watcher.start { continuation.yield($0) }
        kill(getpid(), SIGTERM)
        var seen = actions.makeAsyncIterator()
        #expect(await seen.next() == .cancel(.terminated))
        #expect(watcher.received == SIGTERM)
        // One at a time, as two that are pending at once are one to the kernel.
        for _ in 0..<2000 {
            kill(getpid(), SIGINT)
            #expect(await seen.next() == .exitNow(.interrupted))
        }
        watcher.stop()
        signal(SIGTERM, SIG_DFL)
        signal(SIGINT, SIG_DFL)
    }
}

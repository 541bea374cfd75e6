import Common
import Console
import GoogleCloud
import Synchronization
import Testing

struct PreemptionWatchTests {
    /// A metadata server that gives these answers in turn, and then none until the task is cancelled.
    private final class Script: Sendable {
        enum Answer { case value(String, String?), nothing, failure }
        let answers: Mutex<[Answer]>
        let asked = Mutex<[String?]>([])
        let pauses = Mutex<[Duration]>([])
        let messages = MemorySink()

        init(_ answers: [Answer]) {
            self.answers = Mutex(answers)
        }

        var watch: PreemptionWatch {
            let logger = Logger(level: .debug, format: .plain, sink: messages, now: { 0 })
            return PreemptionWatch(
                logger: logger,
                sleep: { pause in
                    self.pauses.withLock { $0.append(pause) }
                    // A second is the limit of the last question: it lasts as long as the question.
                    if pause == .seconds(1) { try await Task.sleep(for: .seconds(3600)) }
                },
                read: { try await self.read($0) }
            )
        }

        private func read(_ etag: String?) async throws -> MetadataServer.Value? {
            asked.withLock { $0.append(etag) }
            switch answers.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) {
            case .value(let text, let etag): return .init(text: text, etag: etag)
            case .nothing: return nil
            case .failure: throw UsageError("no answer")
            case nil:
                try await Task.sleep(for: .seconds(3600))
                return nil
            }
        }
    }

    private static let endless: @Sendable () async throws -> Int = {
        try await Task.sleep(for: .seconds(3600))
        return 0
    }

    @Test func theNoticeEndsTheWork() async throws {
        let script = Script([.value("FALSE", "a"), .value("FALSE", "a"), .value("TRUE\n", "b")])
        let watch = script.watch
        let error = await #expect(throws: Preempted.self) { try await watch.guarding(Self.endless) }
        #expect(error?.exitStatus == .temporary)
        #expect(script.asked.withLock { $0 } == [nil, "a", "a"])
        #expect(script.messages.text.contains("preemption"))
        // It is known, so nobody is asked.
        #expect(await watch.isPreempted())
        #expect(script.asked.withLock { $0.count } == 3)
    }

    @Test func workThatEndsByItselfEndsTheWatch() async throws {
        let script = Script([.value("FALSE", "a")])
        #expect(try await script.watch.guarding { 7 } == 7)
    }

    @Test func theWorksErrorIsItsOwn() async {
        let script = Script([.value("FALSE", "a")])
        await #expect(throws: UsageError.self) {
            _ = try await script.watch.guarding { () async throws -> Int in throw UsageError("mine") }
        }
    }

    @Test func workThatIsDoneInSpiteOfTheNoticeIsDone() async throws {
        let script = Script([.value("TRUE", "a")])
        let result = try await script.watch.guarding {
            try? await Task.sleep(for: .seconds(3600))
            return 7
        }
        #expect(result == 7)
    }

    @Test func aServerInTroubleIsAskedAgainAndSaidOnce() async throws {
        let script = Script([.failure, .failure, .value("FALSE", nil), .failure, .value("TRUE", nil)])
        await #expect(throws: Preempted.self) { _ = try await script.watch.guarding(Self.endless) }
        #expect(script.asked.withLock { $0 } == [nil, nil, nil, nil, nil])
        #expect(script.pauses.withLock { $0 } == Array(repeating: .seconds(2), count: 4))
        #expect(script.messages.text.split(separator: "\n").filter { $0.contains("cannot be read") }.count == 2)
    }

    @Test func whereThereIsNoSuchValueTheWorkGoesOn() async throws {
        let script = Script([.nothing])
        let watch = script.watch
        let result = try await watch.guarding {
            // The watch has had its say once this is in the log.
            while !script.messages.text.contains("not watched") { await Task.yield() }
            return 7
        }
        #expect(result == 7)
    }

    @Test(arguments: [("TRUE", true), ("FALSE", false), ("", false)])
    func theLastQuestionIsAskedInACancelledTaskToo(text: String, isPreempted: Bool) async {
        let script = Script([.value(text, "a")])
        let watch = script.watch
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            return await watch.isPreempted()
        }
        task.cancel()
        #expect(await task.value == isPreempted)
    }

    @Test func theLastQuestionHasASecond() async {
        let watch = PreemptionWatch(
            logger: Logger(level: .debug, format: .plain, sink: MemorySink(), now: { 0 }),
            sleep: { #expect($0 == .seconds(1)) },
            read: { _ in
                try await Task.sleep(for: .seconds(3600))
                return nil
            }
        )
        #expect(await !watch.isPreempted())
    }

    @Test func aCancelledWorkThatKnowsOfNoNoticeStaysCancelled() async {
        let script = Script([.value("FALSE", "a")])
        let watch = script.watch
        let task = Task { try await watch.guarding(Self.endless) }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }
}

import FleetModel
import Common
import Console
@testable import Fleet
import GoogleCloud
import Testing
import Text

/// Whatever happens to a fleet, the numbers shown are those of the bucket and of the project.
@Suite struct MonitorPropertyTests {
    @Test("random fleets through random histories", arguments: 0..<24)
    func histories(seed: Int) async throws {
        let seed = UInt64(seed) &* 7_919 &+ 11
        var random = SplitMix(state: seed)
        let run = try fleetRun(
            Int.random(in: 1...7, using: &random),
            instruments: Int.random(in: 7...12, using: &random)
        )
        var model = try await MonitorModel(run, seed: random.next())
        for step in 0..<120 {
            try await model.step()
            if step % 4 == 0 { try await compare(model, "seed \(seed), step \(step)") }
            if Task.isCancelled { return }
        }
    }

    private func compare(_ model: MonitorModel, _ place: Comment) async throws {
        let vms = model.vms
        let now = model.now
        let reader = MonitorReader(store: model.store, vms: { vms }, prefix: prefix, now: { now })
        let report = try await reader.report(model.day, vms: try await reader.vms())

        for (name, type) in report.types.map({ (DataType?.some($0.type), $0.counts) }) + [(nil, report.total)] {
            let truth = model.truth(name)
            let shown = MonitorModel.Truth(
                whole: type.whole,
                empty: type.empty,
                absent: type.absent,
                bad: type.damaged,
                missing: type.missing,
                rows: type.rows,
                bytesIn: type.bytesIn,
                bytesOut: type.bytesOut
            )
            #expect(shown == truth, place)
        }
        #expect(report.total.expected == model.shards.reduce(0) { $0 + $1.order.count }, place)
        #expect(report.shards.map(\.phase) == model.shards.indices.map(model.phase), place)
        for (shown, shard) in zip(report.shards, model.shards) {
            let there = shard.files.values.count { if case .there = $0 { true } else { false } }
            #expect(shown.counts.whole == there, place)
            #expect(shown.counts.expected == shard.order.count, place)
        }
        #expect(report.verdict == model.verdict, place)
        #expect((report.members ?? []).map(\.vm.name).sorted() == vms.map(\.name).sorted(), place)
        let rates = model.shards.indices.filter { [.running, .uploading].contains(model.phase($0)) }
            .map { model.shards[$0].state?.figures.bytesPerSecond ?? 0 }
        #expect(report.bytesPerSecond == rates.reduce(0, +), place)
        try await checkOthers(model, report, place)
        try check(MonitorText(place: "gs://b", width: 120, color: false).date(report), model, place)
        try check(report.json(place: "gs://b"), model, place)
    }

    /// Launch, `--wait` and clean-up see the same date.
    private func checkOthers(_ model: MonitorModel, _ report: DateReport, _ place: Comment) async throws {
        let (vms, store) = (model.vms, model.store)
        var snapshot = try await FleetSnapshot.ofStore(DateReader(store), dates: [model.day])
        snapshot.vms = vms
        snapshot.dates[0].workers = vms.compactMap { ManagedVM($0, prefix: prefix)?.worker }
        let state = FleetState(
            model.run,
            plan: .standard,
            prefix: prefix,
            offset: 0,
            snapshot: snapshot,
            now: model.now
        )
        #expect(state.shards.map(\.phase) == report.shards.map(\.phase), place)
        #expect(state.shards.map(\.isFinished) == report.shards.map(\.isFinished), place)
        let todo = Reconciler.reconcile(state)
        #expect(todo.isFinished == (report.verdict == .whole), place)
        for (action, shard) in zip(todo.actions, report.shards) {
            #expect((action.verdict == .finished) == shard.isFinished, place)
            #expect(!action.isMutating || !shard.isInHand, place)
        }
        let now = model.now
        let completion = CompletionReader(fallback: "gs://b", prefix: prefix, now: { now }, open: { _ in store })
        let members = (report.members ?? []).filter { CleanupChoice.mayWork($0.vm) }
        let unfinished = try await completion.unfinished(members, among: vms)
        let open = report.shards.filter { !$0.isFinished }.compactMap(\.worker?.name)
        #expect(unfinished.keys.map(\.name).sorted() == members.map(\.vm.name).filter(open.contains).sorted(), place)
        let verified = VerifyReport(report)
        #expect(verified.isWhole == (report.verdict == .whole), place)
    }

    /// The printed text says the same.
    private func check(_ text: String, _ model: MonitorModel, _ place: Comment) throws {
        let truth = model.truth(nil)
        let lines = text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        let all = try #require(lines.first { $0.first == "all" }, place)
        let expected = model.shards.reduce(0) { $0 + $1.order.count }
        #expect(all[1] == "\(truth.whole)/\(expected)", place)
        #expect(all[2...5].map { Int($0) } == [truth.empty, truth.absent, truth.bad, truth.missing], place)
        let vms = try #require(lines.first { $0.count > 1 && $0[1].hasPrefix("VM") }, place)
        #expect(vms[0] == "\(model.vms.count)", place)
        #expect(!text.contains("\u{1B}"), place)
    }

    /// And so does the document, which can be read again.
    private func check(_ document: JSONObject, _ model: MonitorModel, _ place: Comment) throws {
        let read = try JSONValue(parsing: JSONValue.object(document).bytes(.pretty))
        let counts = model.vms.reduce(into: [:]) { $0[$1.status.rawValue, default: 0] += 1 }
        for (status, count) in counts {
            #expect(read["vms"]?["states"]?[status]?.int == Int64(count), place)
        }
        let phases = model.shards.indices.reduce(into: [:]) { $0[model.phase($1).rawValue, default: 0] += 1 }
        for (phase, count) in phases {
            #expect(read["shards"]?["states"]?[phase]?.int == Int64(count), place)
        }
        #expect(read["files"]?["whole"]?.int == Int64(model.truth(nil).whole), place)
        #expect(read["verdict"]?.string == model.verdict.rawValue, place)
    }
}

/// The histories are worth the name: they come to all that can happen.
@Suite struct MonitorModelTests {
    @Test func historiesReachEveryState() async throws {
        var phases: Set<ShardPhase> = []
        var verdicts: Set<DateState.Verdict> = []
        var kinds = MonitorModel.Truth()
        for seed in 0..<60 {
            var model = try await MonitorModel(try fleetRun(4, instruments: 8), seed: UInt64(seed))
            for _ in 0..<100 {
                try await model.step()
                phases.formUnion(model.shards.indices.map(model.phase))
                verdicts.insert(model.verdict)
                let truth = model.truth(nil)
                kinds.absent += truth.absent
                kinds.bad += truth.bad
                kinds.empty += truth.empty
            }
        }
        #expect(phases == [.planned, .starting, .running, .locked, .done, .partial, .failed, .preempted, .lost])
        #expect(verdicts.count > 1)
        #expect(kinds.absent > 0 && kinds.bad > 0 && kinds.empty > 0)
    }
}

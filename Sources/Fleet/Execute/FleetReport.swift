import FleetModel
import Common
import Console
import GoogleCloud
import Text

/// How a run stands, for people and for programs.
struct FleetReport: Sendable {
    private let state: FleetState
    private let shards: [ShardStatus]

    init(_ state: FleetState, shards: ClosedRange<Int>) {
        self.state = state
        self.shards = state.shards.filter { shards.contains($0.shard) }
    }

    /// Whether every file of the shards is there, or known not to be had.
    var isWhole: Bool { shards.allSatisfy(\.isFinished) }
    /// How many of the shards are finished.
    var finished: Int { shards.filter(\.isFinished).count }

    /// The shards that are not finished.
    var unfinished: [Int] { shards.filter { !$0.isFinished }.map(\.shard) }
    /// What `vm-data-downloader` calls the files that are still missing.
    var missingFiles: [String] {
        shards.flatMap { shard in
            shard.days.flatMap(\.files).filter { !$0.isSettled }.map(\.object.title)
        }
    }

    private var sums: [(name: String, sum: FileCounts)] {
        state.run.dates.enumerated().map { index, date in
            (date.description, shards.reduce(into: FileCounts()) { $0 += $1.days[index].counts })
        }
    }

    // MARK: People

    var table: TextTable {
        var table = TextTable([
            .init("DATE"), .init("OBJECTS", alignRight: true), .init("COMPLETE", alignRight: true),
            .init("ABSENT", alignRight: true), .init("MISSING", alignRight: true), .init("ROWS", alignRight: true),
            .init("SIZE", alignRight: true),
        ])
        for (name, sum) in sums {
            table.add([
                .init(name), .init(Format.count(Int64(sum.expected))), .init(Format.count(Int64(sum.whole))),
                .init(Format.count(Int64(sum.absent))),
                .init(Format.count(Int64(sum.unsettled)), sum.unsettled > 0 ? .yellow : .plain),
                .init(Format.count(sum.rows)), .init(Format.bytes(sum.bytesOut)),
            ])
        }
        return table
    }

    // MARK: Programs

    var json: JSONObject {
        [
            "run": .string(state.run.id),
            "whole": .bool(isWhole),
            "shards": .int(Int64(shards.count)),
            "finished": .int(Int64(finished)),
            "dates": .array(
                sums.map { name, sum in
                    [
                        "date": .string(name),
                        "objects": .int(Int64(sum.expected)),
                        "whole": .int(Int64(sum.whole)),
                        "absent": .int(Int64(sum.absent)),
                        "missing": .int(Int64(sum.unsettled)),
                        "rows": .int(sum.rows),
                        "bytes_in": .int(sum.bytesIn),
                        "bytes_out": .int(sum.bytesOut),
                    ]
                }
            ),
        ]
    }

    /// One object a shard; `actions` says what was or would be done.
    func shardLines(_ actions: [ShardAction] = []) -> [JSONValue] {
        let verdicts = Dictionary(actions.map { ($0.shard, $0.verdict.word) }) { first, _ in first }
        return shards.map { shard in
            [
                "shard": .int(Int64(shard.shard)),
                "vm": .string(shard.name),
                "zone": shard.vm.vm.map { .string($0.zone) } ?? .null,
                "state": .string(shard.phase.rawValue),
                "objects": .int(Int64(shard.days.reduce(0) { $0 + $1.counts.expected })),
                "missing": .int(Int64(shard.missing)),
                "action": verdicts[shard.shard].map(JSONValue.string) ?? .null,
            ]
        }
    }
}

extension ShardAction.Verdict {
    var word: String {
        switch self {
        case .finished: "finished"
        case .leave, .leaveAll: "leave"
        case .waitGone: "wait"
        case .start: "start"
        case .replace: "replace"
        case .create: "create"
        case .conflict: "conflict"
        case .giveUp: "give_up"
        }
    }
}

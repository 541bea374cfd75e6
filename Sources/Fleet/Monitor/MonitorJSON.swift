import FleetModel
import Common
import Console
import GoogleCloud
import Text

extension DateReport {
    /// All of it for programs: one document of schema 1. Its state.shards and state.files are listed in full.
    func json(place: String, isFull: Bool = true) -> JSONObject {
        var document: JSONObject = [
            "schema": 1,
            "date": .string(state.date.description),
            "place": .string(place),
            "as_of": .string(CivilTime.rfc3339(epochMicroseconds: state.now)),
            "verdict": .string(state.verdict.rawValue),
            "files": .object(state.total.json()),
            "types": .array(state.types.map { .object($0.counts.json($0.type)) }),
            "vms": vmsJSON,
            "shards": .object([
                "total": .int(Int64(state.shards.count)),
                "states": .object(JSONObject(state.phases.map { ($0.phase.rawValue, .int(Int64($0.count))) })),
            ]),
            "bytes_per_second": .int(state.bytesPerSecond),
            "seconds_left": .seconds(state.verdict == .working ? state.timeLeft : nil),
            "plans": .array(
                state.plans.map { named in
                    [
                        "name": .string(named.name.description), "shards": .int(Int64(named.plan.shards)),
                        "instruments": .int(Int64(named.plan.instruments.count)), "assumed": .bool(named.isAssumed),
                    ]
                }
            ),
            "failures": .array(state.failures.map(\.json)),
            "next": .array(MonitorAdvice(self, place: place).sentences.map(JSONValue.string)),
            "notes": .array((state.notes + state.damages).map(JSONValue.string)),
        ]
        if isFull { document["shard_list"] = .array(state.shards.map(json)) }
        return document
    }

    private var vmsJSON: JSONValue {
        guard let members, let vmStates else { return .null }
        return [
            "total": .int(Int64(members.count)),
            "states": .object(JSONObject(vmStates.map { ($0.status.rawValue, .int(Int64($0.count))) })),
        ]
    }

    /// The state.files in full, for `gcs`.
    var filesJSON: JSONObject {
        [
            "objects": .array(state.files.map(\.json)),
            "surplus_objects": .array(state.surplus.map(JSONValue.string)),
        ]
    }
}

extension FileCounts {
    func json(_ type: DataType? = nil) -> JSONObject {
        var object: JSONObject = [:]
        if let type { object["type"] = .string(type.rawValue) }
        let counts = [
            ("expected", expected), ("whole", whole), ("empty", empty), ("absent", absent), ("bad", damaged),
            ("missing", missing),
        ]
        for (name, count) in counts { object[name] = .int(Int64(count)) }
        object["rows"] = .int(rows)
        object["bytes_in"] = .int(bytesIn)
        object["bytes_out"] = .int(bytesOut)
        return object
    }
}

extension FileState {
    var json: JSONValue {
        var object: JSONObject = ["object": .string(name), "bytes": .int(size)]
        switch state {
        case .whole(let metadata):
            object["state"] = "whole"
            object["rows"] = .int(metadata.rows)
            object["first"] = metadata.firstTime.map { .string(CivilTime.rfc3339(epochMicroseconds: $0)) } ?? .null
            object["last"] = metadata.lastTime.map { .string(CivilTime.rfc3339(epochMicroseconds: $0)) } ?? .null
        case .absent(let absence):
            object["state"] = "absent"
            object["reason"] = .text(absence.proof?.reason)
        case .missing: object["state"] = "missing"
        case .damaged(let reason):
            object["state"] = "bad"
            object["reason"] = .string(reason)
        }
        return .object(object)
    }
}

extension DateReport {
    /// One shard for programs.
    func json(_ shard: ShardState) -> JSONValue {
        [
            "plan": .string(shard.planName.description),
            "shard": .int(Int64(shard.shard)),
            "vm": .text(shard.vm),
            "zone": .text(shard.worker?.place),
            "state": .string(shard.phase.rawValue),
            "reason": .text(shard.reason),
            "files": .int(Int64(shard.counts.expected)),
            "whole": .int(Int64(shard.counts.whole)),
            "absent": .int(Int64(shard.counts.absent)),
            "failed": .int(Int64(shard.failed)),
            "rows": .int(shard.counts.rows),
            "bytes_in": .int(shard.counts.bytesIn),
            "bytes_out": .int(shard.counts.bytesOut),
            "bytes_per_second": shard.bytesPerSecond.map(JSONValue.int) ?? .null,
            "seconds_left": .seconds(state.timeLeft(shard)),
            "current": .text(shard.current),
            "attempt": shard.attempt.map { .int(Int64($0)) } ?? .null,
            "heard": shard.heard.map { .string(CivilTime.rfc3339(epochMicroseconds: $0)) } ?? .null,
        ]
    }
}

extension FailureGroup {
    var json: JSONValue {
        [
            "state": .string(phase.rawValue), "reason": .string(reason), "files": .int(Int64(files)),
            "names": .array(names.map(JSONValue.string)),
        ]
    }
}

extension VerifyReport {
    /// All of it for programs: one document of schema 1.
    func json(place: String, notes: [String]) -> JSONObject {
        func findings(_ findings: [Remark]) -> JSONValue {
            .array(findings.map { ["object": .string($0.name), "reason": .string($0.reason)] })
        }
        return [
            "schema": 1,
            "date": .string(date.description),
            "place": .string(place),
            "whole": .bool(isWhole),
            "expected": .int(Int64(expected)),
            "right": .int(Int64(right)),
            "missing": .array(missing.map(JSONValue.string)),
            "damaged": findings(damaged),
            "absent": .array(absent.map(JSONValue.string)),
            "short": findings(short),
            "surplus": .array(surplus.map(JSONValue.string)),
            "notes": .array(notes.map(JSONValue.string)),
        ]
    }
}

extension ManagedVM {
    var json: JSONValue {
        [
            "name": .string(vm.name),
            "zone": .string(vm.zone),
            "status": .string(vm.status.rawValue),
            "machine_type": .string(vm.machineType),
            "preemptible": .bool(vm.isPreemptible),
            "created": .string(vm.created),
            "run": .text(run),
            "dates": .array(dates.map { .string($0.description) }),
            "shard": shard.map { .int(Int64($0)) } ?? .null,
        ]
    }
}

extension JSONValue {
    fileprivate static func text(_ text: String?) -> JSONValue { text.map(JSONValue.string) ?? .null }

    fileprivate static func seconds(_ duration: Duration?) -> JSONValue {
        duration.map { .int($0.components.seconds) } ?? .null
    }
}

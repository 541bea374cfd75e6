import Common
import Console
import GoogleCloud
public import Text

extension DateReport {
    /// All of it for programs: one document of schema 1. Its shards and files are listed in full.
    public func json(place: String, isFull: Bool = true) -> JSONObject {
        var document: JSONObject = [
            "schema": 1,
            "date": .string(date.description),
            "place": .string(place),
            "as_of": .string(CivilTime.rfc3339(epochMicroseconds: now)),
            "verdict": .string(verdict.rawValue),
            "files": .object(total.json),
            "types": .array(types.map { .object($0.json) }),
            "vms": vmsJSON,
            "shards": .object([
                "total": .int(Int64(shards.count)),
                "states": .object(JSONObject(phases.map { ($0.phase.rawValue, .int(Int64($0.count))) })),
            ]),
            "bytes_per_second": .int(bytesPerSecond),
            "seconds_left": .seconds(verdict == .working ? timeLeft : nil),
            "plans": .array(
                plans.map { named in
                    [
                        "name": .string(named.name), "shards": .int(Int64(named.plan.shards)),
                        "instruments": .int(Int64(named.plan.instruments.count)), "assumed": .bool(named.isAssumed),
                    ]
                }
            ),
            "failures": .array(failures.map(\.json)),
            "next": .array(MonitorAdvice.of(self).map(JSONValue.string)),
            "notes": .array((notes + damages).map(JSONValue.string)),
        ]
        if isFull { document["shard_list"] = .array(shards.map(\.json)) }
        return document
    }

    private var vmsJSON: JSONValue {
        guard let members, let vmStates else { return .null }
        return [
            "total": .int(Int64(members.count)),
            "states": .object(JSONObject(vmStates.map { ($0.status.rawValue, .int(Int64($0.count))) })),
        ]
    }

    /// The files in full, for `gcs`.
    public var filesJSON: JSONObject {
        [
            "objects": .array(files.map(\.json)),
            "surplus_objects": .array(surplus.map(JSONValue.string)),
        ]
    }
}

extension TypeReport {
    var json: JSONObject {
        var object: JSONObject = [:]
        if let type { object["type"] = .string(type.rawValue) }
        let counts = [
            ("expected", expected), ("whole", whole), ("empty", empty), ("absent", absent), ("bad", bad),
            ("missing", missing),
        ]
        for (name, count) in counts { object[name] = .int(Int64(count)) }
        object["rows"] = .int(rows)
        object["bytes_in"] = .int(bytesIn)
        object["bytes_out"] = .int(bytesOut)
        return object
    }
}

extension FileReport {
    var json: JSONValue {
        var object: JSONObject = ["object": .string(name), "bytes": .int(size)]
        switch state {
        case .whole(let metadata):
            object["state"] = "whole"
            object["rows"] = .int(metadata.rows)
            object["first"] = metadata.firstTime.map { .string(CivilTime.rfc3339(epochMicroseconds: $0)) } ?? .null
            object["last"] = metadata.lastTime.map { .string(CivilTime.rfc3339(epochMicroseconds: $0)) } ?? .null
        case .absent: object["state"] = "absent"
        case .missing: object["state"] = "missing"
        case .bad(let reason):
            object["state"] = "bad"
            object["reason"] = .string(reason)
        }
        return .object(object)
    }
}

extension ShardReport {
    /// One shard for programs.
    public var json: JSONValue {
        [
            "plan": .string(plan),
            "shard": .int(Int64(shard)),
            "vm": .text(vm),
            "zone": .text(zone),
            "state": .string(phase.rawValue),
            "reason": .text(reason),
            "files": .int(Int64(expected)),
            "whole": .int(Int64(whole)),
            "absent": .int(Int64(absent)),
            "failed": .int(Int64(failed)),
            "rows": .int(rows),
            "bytes_in": .int(bytesIn),
            "bytes_out": .int(bytesOut),
            "bytes_per_second": bytesPerSecond.map(JSONValue.int) ?? .null,
            "seconds_left": .seconds(timeLeft),
            "current": .text(current),
            "attempt": attempt.map { .int(Int64($0)) } ?? .null,
            "heard": heard.map { .string(CivilTime.rfc3339(epochMicroseconds: $0)) } ?? .null,
        ]
    }
}

extension FailureReport {
    var json: JSONValue {
        [
            "state": .string(phase.rawValue), "reason": .string(reason), "files": .int(Int64(files)),
            "names": .array(names.map(JSONValue.string)),
        ]
    }
}

extension VerifyReport {
    /// All of it for programs: one document of schema 1.
    public func json(place: String, notes: [String]) -> JSONObject {
        func findings(_ findings: [Finding]) -> JSONValue {
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

extension FleetMember {
    /// One VM for programs.
    public var json: JSONValue {
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

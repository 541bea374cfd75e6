import Text

/// One build as it is kept.
struct StoredBuild {
    let id: String
    let location: String
    let number: Int
    let request: BuildRequest
    var fields: JSONObject

    var status: String { fields["status"]?.string ?? "" }
    var isOver: Bool { status != "QUEUED" && status != "WORKING" }
    var json: JSONValue { .object(fields) }

    /// Sets state and times of all steps too.
    mutating func move(to status: String) {
        let now = JSONValue.string(Clock.rfc3339(Clock.microseconds()))
        fields["status"] = .string(status)
        if status == "WORKING" {
            fields["startTime"] = now
        } else {
            fields["finishTime"] = now
        }
        let steps = request.steps.map { step in
            var step = step
            step["status"] = status == "FAILURE" ? "SUCCESS" : .string(status)  // what fails is the push behind them
            return JSONValue.object(step)
        }
        fields["steps"] = .array(steps)
    }

    /// What the log says, up to the push.
    var log: String {
        var lines = ["starting build \"\(id)\"", ""]
        if let source = request.source {
            lines += ["FETCHSOURCE", "Fetching storage object: gs://\(source.bucket)/\(source.object)"]
        }
        lines += [
            "BUILD", "tick-sandbox builds nothing: no step is run, and images are only entered into its registry.",
        ]
        for (index, step) in request.steps.enumerated() {
            let id = step["id"]?.string.map { " - \"\($0)\"" } ?? ""
            lines.append("Step #\(index)\(id): not run: \(step["name"]?.string ?? "")")
        }
        return lines.map { $0 + "\n" }.joined()
    }
}

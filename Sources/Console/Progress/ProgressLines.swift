import Text

/// Progress as lines of text and as JSON lines.
enum ProgressLines {
    /// One ended task as a sentence.
    static func plain(_ item: ProgressModel.Item) -> String {
        let name = printable(item.name)
        switch item.state {
        case .failed(let reason): return "failed: \(name): \(printable(reason))"
        case .done(let note):
            var facts = note.map { [printable($0)] } ?? []
            if item.bytes > 0 { facts.append(Format.bytes(item.bytes)) }
            if item.rows > 0 { facts.append("\(Format.count(item.rows)) rows") }
            if item.started != nil { facts.append(Format.duration(item.took)) }
            return "done: \(name)" + (facts.isEmpty ? "" : " (\(facts.joined(separator: ", ")))")
        case .waiting, .running: return name
        }
    }

    /// One ended task as a JSON line: `{"event":"done"|"failed","task":…}`.
    static func json(_ item: ProgressModel.Item) -> String {
        var line: JSONObject = [:]
        switch item.state {
        case .failed(let reason):
            line = ["event": "failed", "task": .string(item.name), "reason": .string(reason)]
        case .done(let note):
            line = ["event": "done", "task": .string(item.name)]
            if let note { line["note"] = .string(note) }
        case .waiting, .running: break
        }
        line["bytes"] = .int(item.bytes)
        line["rows"] = .int(item.rows)
        line["milliseconds"] = milliseconds(item.took)
        return JSONValue.object(line).text()
    }

    /// The numbers over all tasks as a JSON line: `{"event":"progress",…}`.
    static func summary(_ model: ProgressModel, now: Duration) -> String {
        let totals = model.totals
        let line: JSONValue = [
            "event": "progress",
            "title": .string(model.title),
            "waiting": .int(Int64(totals.waiting)),
            "running": .int(Int64(totals.running)),
            "done": .int(Int64(totals.done)),
            "failed": .int(Int64(totals.failed)),
            "bytes": .int(totals.bytes),
            "rows": .int(totals.rows),
            "bytes_per_second": .int(Int64(model.bytesPerSecond)),
            "milliseconds": milliseconds(now - model.started),
        ]
        return line.text()
    }

    private static func milliseconds(_ duration: Duration) -> JSONValue {
        .int(Int64(duration / .milliseconds(1)))
    }
}

import Text

/// Draws a progress model on a screen of a given size: a pure function, so that screens can be compared with stored ones.
public enum ProgressScreen {
    /// The lines, none wider than the screen and at least one fewer than it has; fields that do not fit are left out.
    public static func render(_ model: ProgressModel, size: TerminalSize, now: Duration, color: Bool) -> [String] {
        // The last column stays free: some terminals go to the next line when it is written.
        let width = max(20, size.columns - 1)
        let room = max(1, size.rows - 1)
        var lines = [header(model, width: width, now: now, color: color)]
        if room >= 4 { lines.append(bar(model, width: width, now: now)) }
        return lines + tasks(model, width: width, room: room - lines.count, color: color)
    }

    /// The numbers over all tasks as one sentence, for plain progress.
    public static func summary(_ model: ProgressModel, now: Duration) -> String {
        ([model.title] + figures(model, now: now)).joined(separator: ", ")
    }

    /// The weightiest first: those at the end are dropped on narrow screens.
    private static func figures(_ model: ProgressModel, now: Duration) -> [String] {
        let totals = model.totals
        var figures = ["\(totals.done)/\(totals.tasks) \(model.unit)"]
        if totals.failed > 0 { figures.append("\(totals.failed) failed") }
        figures += [
            Format.rate(bytesPerSecond: model.bytesPerSecond), Format.bytes(totals.bytes),
            Format.duration(now - model.started),
        ]
        if totals.rows > 0 { figures.append("\(Format.count(totals.rows)) rows") }
        return figures
    }

    private static func header(_ model: ProgressModel, width: Int, now: Duration, color: Bool) -> String {
        var figures = figures(model, now: now)
        func joined() -> String { figures.joined(separator: "  ") }
        while figures.count > 1, displayWidth(model.title) + 2 + displayWidth(joined()) > width { figures.removeLast() }
        let title = truncated(printable(model.title), to: max(4, width - displayWidth(joined()) - 2))
        let line = truncated("\(title)  \(joined())", to: width)
        guard line.hasPrefix(title) else { return line }
        return TextStyle.bold.apply(title, color: color) + line.dropFirst(title.count)
    }

    private static func bar(_ model: ProgressModel, width: Int, now: Duration) -> String {
        let fraction = model.fraction
        var tail = " " + padded("\(Int(fraction * 100))%", to: 4, alignRight: true)
        if let left = timeLeft(model, now: now), width >= 60 { tail += "  about \(Format.duration(left)) left" }
        let cells = min(60, width - 2 - displayWidth(tail))
        let full = Int(fraction * Double(cells))
        return "[" + String(repeating: "#", count: full) + String(repeating: "-", count: cells - full) + "]" + tail
    }

    /// From the time so far; nil while too little is done to tell.
    private static func timeLeft(_ model: ProgressModel, now: Duration) -> Duration? {
        let fraction = model.fraction
        guard fraction >= 0.02, fraction < 1 else { return nil }
        let seconds = ((now - model.started) / .seconds(1)) * (1 - fraction) / fraction
        return .seconds(Int64(min(seconds, 1e9)))
    }

    private static func tasks(_ model: ProgressModel, width: Int, room: Int, color: Bool) -> [String] {
        var failed: [String] = []
        var running: [String] = []
        for item in model.items {
            switch item.state {
            case .failed(let reason):
                let line = truncated("x \(printable(item.name)): \(printable(reason))", to: width)
                failed.append(TextStyle.red.apply(line, color: color))
            case .running: running.append(line(item, width: width))
            case .waiting, .done: break
            }
        }
        let waiting = model.totals.waiting
        let isAllShown = failed.count + running.count + (waiting > 0 ? 1 : 0) <= room
        let space = max(0, isAllShown ? room : room - 1)
        // What runs is worth more than old failures, which stay in the log; the newest of those are shown.
        let shownFailures = failed.suffix(max(space - running.count, min(failed.count, space / 4)))
        let shownRunning = running.prefix(space - shownFailures.count)
        var rest: [String] = []
        if running.count > shownRunning.count { rest.append("\(running.count - shownRunning.count) more running") }
        if failed.count > shownFailures.count { rest.append("\(failed.count - shownFailures.count) more failed") }
        if waiting > 0 { rest.append("\(waiting) waiting") }
        var lines = shownFailures + shownRunning
        if !rest.isEmpty, room > 0 {
            lines.append(TextStyle.dim.apply(truncated("  " + rest.joined(separator: ", "), to: width), color: color))
        }
        return Array(lines)
    }

    private static func line(_ item: ProgressModel.Item, width: Int) -> String {
        var fields = [padded(item.totalBytes.map { Format.percent(item.bytes, of: $0) } ?? "", to: 4, alignRight: true)]
        if width >= 60 { fields.append(padded(Format.bytes(item.bytes), to: 8, alignRight: true)) }
        if width >= 100 { fields.append(padded("\(Format.count(item.rows)) rows", to: 16, alignRight: true)) }
        let tail = fields.joined(separator: "  ")
        let nameWidth = min(70, width - 4 - displayWidth(tail))
        return "> " + padded(truncated(printable(item.name), to: nameWidth), to: nameWidth) + "  " + tail
    }
}

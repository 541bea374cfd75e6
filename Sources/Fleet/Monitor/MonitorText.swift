import FleetModel
import Console
import Text

/// What the monitor's screens are made of. All screens are functions of a report, the width of the screen (nil: nothing is cut)
/// and whether there is colour.
struct MonitorText: Sendable {
    /// The place of the data, `gs://bucket`.
    let place: String
    /// The width of the screen; nil when stdout is none.
    let width: Int?
    let color: Bool

    /// A sentence, broken at the screen's width, with an indent from its second line on.
    func sentence(_ text: String, indent: Int = 0, _ style: TextStyle = .plain) -> String {
        let lines = width.map { wrapped(printable(text), width: max(20, $0 - indent)) } ?? [printable(text)]
        return lines.enumerated().map { index, line in
            String(repeating: " ", count: index == 0 ? 0 : indent) + style.apply(line, color: color) + "\n"
        }.joined()
    }

    /// A heading and sentences below it; nothing without sentences.
    func section(_ title: String, _ sentences: [String]) -> String {
        guard !sentences.isEmpty else { return "" }
        return "\n" + TextStyle.bold.apply(title, color: color) + "\n"
            + sentences.map { "  " + sentence($0, indent: 2) }.joined()
    }

    func table(_ table: TextTable) -> String { table.render(width: width, color: color) }

    static func counts(_ counts: [(name: String, count: Int)]) -> String {
        counts.map { "\(Format.count(Int64($0.count))) \($0.name)" }.joined(separator: ", ")
    }

    static func style(_ phase: ShardPhase) -> TextStyle {
        switch phase {
        case .done, .empty: .green
        case .starting, .running, .uploading: .cyan
        case .locked, .preempted, .stopped, .partial: .yellow
        case .failed, .lost: .red
        case .planned: .dim
        }
    }

    static func style(_ verdict: DateState.Verdict) -> TextStyle {
        switch verdict {
        case .whole: .green
        case .working: .cyan
        case .incomplete: .yellow
        }
    }

    /// What a shard is at, or why it is not, in few words.
    static func doing(_ shard: ShardState) -> String { shard.reason ?? shard.current.map(ShortName.of) ?? "" }

    static func number(_ value: Int) -> TextTable.Cell { .init(Format.count(Int64(value))) }

    static func clock(_ microseconds: Int64) -> String {
        let text = CivilTime.rfc3339(epochMicroseconds: microseconds)
        return text.prefix(10) + " " + text.dropFirst(11).prefix(8) + " UTC"
    }

    static func age(_ then: Int64?, _ now: Int64) -> String {
        then.map { Format.duration(.seconds(max(0, now - $0) / 1_000_000)) } ?? "-"
    }
}

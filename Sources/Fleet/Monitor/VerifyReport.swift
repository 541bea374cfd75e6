import FleetModel
import Common

/// Whether a date's objects are all there and agree with what they say about themselves, told from one listing.
struct VerifyReport: Sendable, Equatable {
    /// What there is to say of one object.
    struct Remark: Sendable, Equatable {
        let name: String
        /// What is wrong, as a sentence.
        let reason: String
    }

    let date: CalendarDate
    let expected: Int
    /// Whether somebody downloads what is missing.
    let isWorking: Bool
    /// Those that are there and right.
    let right: Int
    /// The names of those that are not there.
    let missing: [String]
    /// Those that are there and were damaged or replaced, and plans that cannot be read.
    let damaged: [Remark]
    /// The names of those that the source does not have.
    let absent: [String]
    /// The names of objects of the date that no plan asks for.
    let surplus: [String]
    /// Those that are right and do not span the day, which a quiet market may explain.
    let short: [Remark]

    init(_ report: DateReport) {
        date = report.date
        expected = report.total.expected
        isWorking = report.verdict == .working
        var missing: [String] = []
        // Such a sentence begins with the object's name.
        var damaged = report.damages.map { damage in
            let name = damage.prefix { $0 != ":" && $0 != " " }
            return Remark(
                name: String(name),
                reason: String(damage.dropFirst(name.count).drop { $0 == ":" || $0 == " " })
            )
        }
        var absent: [String] = []
        var short: [Remark] = []
        var right = 0
        for file in report.files {
            switch file.state {
            case .missing: missing.append(file.name)
            case .absent: absent.append(file.name)
            case .damaged(let reason): damaged.append(Remark(name: file.name, reason: reason))
            case .whole(let metadata):
                right += 1
                if let reason = Self.shortness(file.object, metadata) {
                    short.append(Remark(name: file.name, reason: reason))
                }
            }
        }
        self.missing = missing
        self.damaged = damaged
        self.absent = absent
        self.short = short
        self.right = right
        surplus = report.surplus
    }

    /// Whether each object is there and right, or is known not to be at the source.
    var isWhole: Bool { expected > 0 && missing.isEmpty && damaged.isEmpty }

    /// How far from midnight a busy market's first and last row may be, in microseconds.
    private static let margin: Int64 = 300_000_000

    private static func shortness(_ object: DataObject, _ metadata: ObjectMetadata) -> String? {
        guard object.dataType != .liquidations, let first = metadata.firstTime, let last = metadata.lastTime else {
            return nil
        }
        let late = first - object.date.startMicroseconds
        let early = object.date.endMicroseconds - last
        if late > margin { return "its first row is \(Self.hours(late)) after midnight" }
        return early > margin ? "its last row is \(Self.hours(early)) before midnight" : nil
    }

    private static func hours(_ microseconds: Int64) -> String {
        let minutes = microseconds / 60_000_000
        return minutes < 60 ? "\(minutes)m" : "\(minutes / 60)h \(minutes % 60)m"
    }
}

/// The names of all objects that the kit writes; nothing else makes or takes apart object names.
public enum ObjectLayout {
    /// What an object name stands for.
    public enum Name: Sendable, Hashable {
        /// A file of data.
        case data(DataObject)
        /// A plan of a date.
        case plan(CalendarDate, PlanName)
        /// The heartbeat of a VM that works on a shard of a plan.
        case heartbeat(CalendarDate, vm: String, plan: PlanID, shard: Int)
        /// The log of one attempt of a VM.
        case log(CalendarDate, vm: String, attempt: Int)
        /// Why a VM ended before its container could say so: plain text.
        case end(CalendarDate, vm: String, boot: Int64)
    }

    /// The symbol with a dash for each character that file names may not have, as Tardis's clients name files.
    public static func escaped(_ symbol: String) -> String {
        String(symbol.map { ":/\\?*<>\"|".contains($0) ? "-" : $0 })
    }

    public static func name(_ name: Name) -> String {
        switch name {
        case .data(let object): object.name
        case .plan(let date, let name): name.object(date)
        case .heartbeat(let date, let vm, let plan, let shard): "\(heartbeatsPrefix(date))\(vm).\(plan).\(shard).json"
        case .log(let date, let vm, let attempt): "\(logsPrefix(date))\(vm).\(attempt).log"
        case .end(let date, let vm, let boot): "\(heartbeatsPrefix(date))\(vm).\(boot).txt"
        }
    }

    /// What the name stands for; nil for objects that are not the kit's.
    public static func parse(_ name: String) -> Name? {
        guard name.hasPrefix("_runs/") else { return DataObject(name: name).map(Name.data) }
        let parts = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= 3, let date = CalendarDate(parts[1]) else { return nil }
        if parts.count == 3 { return PlanName(parts[2]).map { .plan(date, $0) } }
        guard parts.count == 4 else { return nil }
        var words = parts[3].split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard words.count > 2, let kind = words.popLast(), let mark = words.popLast() else { return nil }
        // A number in another form than ours would be a second name for the same.
        guard let number = Int64(mark), number >= 0, "\(number)" == mark else { return nil }
        // What a VM said of another shard stays: its next record is another object.
        let plan = (parts[2], kind) == ("shards", "json") ? words.popLast().flatMap { PlanID($0) } : nil
        let vm = words.joined(separator: ".")
        guard !vm.isEmpty else { return nil }
        return switch (parts[2], kind) {
        case ("shards", "json"): plan.map { .heartbeat(date, vm: vm, plan: $0, shard: Int(number)) }
        case ("logs", "log"): .log(date, vm: vm, attempt: Int(number))
        case ("shards", "txt"): .end(date, vm: vm, boot: number)
        default: nil
        }
    }

    /// What all data objects of a day begin with.
    public static func dataPrefix(_ date: CalendarDate) -> String { "\(date)/" }
    /// What all data objects of a day and type begin with.
    public static func dataPrefix(_ date: CalendarDate, _ dataType: DataType) -> String {
        "\(date)/\(dataType.rawValue)/"
    }
    /// What all records of the day's runs begin with.
    public static func runPrefix(_ date: CalendarDate) -> String { "_runs/\(date)/" }
    /// What all plans of the day begin with.
    public static func plansPrefix(_ date: CalendarDate) -> String { "_runs/\(date)/plan." }
    /// What all heartbeats and end notes of the day begin with.
    public static func heartbeatsPrefix(_ date: CalendarDate) -> String { "_runs/\(date)/shards/" }
    /// What all logs of the day begin with.
    public static func logsPrefix(_ date: CalendarDate) -> String { "_runs/\(date)/logs/" }
    /// The day of a record, or of what the names of its records begin with.
    public static func date(ofRecord name: String) -> CalendarDate? {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count > 1 && parts[0] == "_runs" ? CalendarDate(String(parts[1])) : nil
    }
    /// What the records of all days begin with.
    public static let runsPrefix = "_runs/"
}

/// The names of all objects that the kit writes; nothing else makes or takes apart object names.
public enum ObjectLayout {
    /// What an object name stands for.
    public enum Name: Sendable, Hashable {
        /// A file of data.
        case data(DataObject)
        /// The plan of a date: the standard one, or that of one run whose id is given.
        case plan(CalendarDate, run: String? = nil)
        /// The heartbeat of a VM.
        case shard(CalendarDate, vm: String)
        /// The log of one attempt of a VM.
        case log(CalendarDate, vm: String, attempt: Int)
    }

    /// The symbol with a dash for each character that file names may not have, as Tardis's clients name files.
    public static func escaped(_ symbol: String) -> String {
        String(symbol.map { ":/\\?*<>\"|".contains($0) ? "-" : $0 })
    }

    /// The object's name.
    public static func name(_ name: Name) -> String {
        switch name {
        case .data(let object): object.name
        case .plan(let date, let run): runPrefix(date) + planName(run: run)
        case .shard(let date, let vm): "\(shardsPrefix(date))\(vm).json"
        case .log(let date, let vm, let attempt): "\(logsPrefix(date))\(vm).\(attempt).log"
        }
    }

    /// What the name stands for; nil for objects that are not the kit's.
    public static func parse(_ name: String) -> Name? {
        guard name.hasPrefix("_runs/") else { return DataObject(name: name).map(Name.data) }
        let parts = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= 3, let date = CalendarDate(parts[1]) else { return nil }
        if parts.count == 3 { return plan(date, named: parts[2]) }
        guard parts.count == 4 else { return nil }
        var words = parts[3].split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        switch (parts[2], words.popLast()) {
        case ("shards", "json"):
            let vm = words.joined(separator: ".")
            return vm.isEmpty ? nil : .shard(date, vm: vm)
        case ("logs", "log"):
            guard let number = words.popLast(), let attempt = Int(number), "\(attempt)" == number else { return nil }
            let vm = words.joined(separator: ".")
            return vm.isEmpty ? nil : .log(date, vm: vm, attempt: attempt)
        default: return nil
        }
    }

    /// A plan's name within the records of its date, the same for all dates of a run: `plan.json`, or `plan.RUN.json`.
    public static func planName(run: String? = nil) -> String {
        run.map { "plan.\($0).json" } ?? "plan.json"
    }

    /// A run's id has letters, digits and dashes only.
    private static func plan(_ date: CalendarDate, named name: String) -> Name? {
        if name == planName() { return .plan(date) }
        let words = name.split(separator: ".", omittingEmptySubsequences: false)
        guard words.count == 3, words[0] == "plan", words[2] == "json", !words[1].isEmpty,
            words[1].allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") })
        else { return nil }
        return .plan(date, run: String(words[1]))
    }

    /// What all data objects of a day begin with.
    public static func dataPrefix(_ date: CalendarDate) -> String { "\(date)/" }
    /// What all data objects of a day and type begin with.
    public static func dataPrefix(_ date: CalendarDate, _ dataType: DataType) -> String {
        "\(date)/\(dataType.rawValue)/"
    }
    /// What all records of the day's runs begin with.
    public static func runPrefix(_ date: CalendarDate) -> String { "_runs/\(date)/" }
    /// What all heartbeats of the day begin with.
    public static func shardsPrefix(_ date: CalendarDate) -> String { "_runs/\(date)/shards/" }
    /// What all logs of the day begin with.
    public static func logsPrefix(_ date: CalendarDate) -> String { "_runs/\(date)/logs/" }
    /// What the records of all days begin with.
    public static let runsPrefix = "_runs/"
}

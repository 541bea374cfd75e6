import FleetModel
import Common
import Console
import GoogleCloud

/// The log of a VM, wherever it is: the serial console while the VM lives, afterwards an object beside the heartbeats.
struct VMLog: Sendable {
    /// Reads a VM's serial console from a position on.
    typealias Serial =
        @Sendable (_ zone: String, _ name: String, _ start: Int64) async throws -> (
            contents: String, start: Int64, next: Int64
        )

    struct Request: Sendable {
        var vm: String
        /// The date whose records have it; nil looks through all.
        var date: CalendarDate?
        /// Which attempt; nil is the last one.
        var attempt: Int?
        /// Whether to stay and show what is added.
        var follows: Bool = false
    }

    /// What a reading of a log has to say.
    enum Event: Sendable, Equatable {
        /// Where the text comes from: a sentence.
        case source(String)
        /// More of the log, without escape sequences.
        case text(String)
    }

    /// How long to wait before looking for more; the serial console has a rate quota of its own.
    static let interval = Duration.seconds(3)
    /// Dates that are looked through for a log.
    private static let dateLimit = 60

    private let reader: MonitorReader
    private let store: any ObjectStore
    private let serial: Serial?
    private let sleep: @Sendable (Duration) async throws -> Void

    /// Logs in a store and of the VMs that `reader` lists; `serial` is nil where there can be no VMs.
    init(
        reader: MonitorReader,
        store: any ObjectStore,
        serial: Serial?,
        sleep: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.reader = reader
        self.store = store
        self.serial = serial
        self.sleep = sleep
    }

    /// Reads a log from its beginning and hands it on piece by piece. When following, it goes on until the VM is gone, or the task
    /// is cancelled. Throws `MissingLog`, `StorageError`, `GoogleAPIError`.
    func read(_ request: Request, _ hand: (Event) -> Void) async throws {
        let vms = try await reader.vms()
        let vm = vms.list?.first { $0.name == request.vm && $0.status.isAlive }
        if let vm, let serial, request.attempt == nil {
            hand(.source("serial console of \(vm.name) in \(vm.zone)"))
            try await follow(vm, serial, request, hand)
            return
        }
        guard let object = try await object(request) else {
            throw MissingLog(vm: request.vm, place: store.location, note: vms.note)
        }
        hand(.source("\(store.location)/\(object.name)"))
        // A VM that is known to be gone adds nothing.
        try await follow(object, isLive: request.follows && vms.list == nil, hand)
    }

    private func follow(
        _ vm: ComputeInstance,
        _ serial: Serial,
        _ request: Request,
        _ hand: (Event) -> Void
    ) async throws {
        var filter = PlainText()
        var position: Int64 = 0
        var last = ""
        while true {
            do {
                let output = try await serial(vm.zone, vm.name, position)
                if output.start > position {
                    hand(.source("the console keeps its last megabyte; what was before is lost"))
                }
                position = output.next
                if !output.contents.isEmpty {
                    let text = filter.clean(output.contents)
                    last = Self.lastLine(of: text) ?? last
                    hand(.text(text))
                }
            } catch let error as GoogleAPIError
                where [.notFound, .invalid, .conflict].contains(error.kind)
            {
                // Not there yet, or no longer.
                guard try await isAlive(vm) else {
                    try await afterEnd(vm, request, after: last, hand)
                    return
                }
            }
            guard request.follows else { return }
            try await sleep(Self.interval)
        }
    }

    private func isAlive(_ vm: ComputeInstance) async throws -> Bool {
        let vms = try await reader.vms()
        return vms.list?.contains { $0.name == vm.name && $0.zone == vm.zone && $0.status.isAlive } ?? true
    }

    private func afterEnd(_ vm: ComputeInstance, _ request: Request, after last: String, _ hand: (Event) -> Void)
        async throws
    {
        guard let object = try await object(request) else {
            hand(.source("\(vm.name) is gone"))
            return
        }
        hand(.source("\(vm.name) is gone; its log is \(store.location)/\(object.name)"))
        // A VM ends itself right after its last lines, which no look at its console may have caught.
        var log = ""
        try await follow(object, isLive: false) { if case .text(let text) = $0 { log += text } }
        let seen = last.isEmpty ? nil : log.ranges(of: last).last
        let rest = seen.map { log[$0.upperBound...].drop(while: \.isNewline) } ?? log[...]
        if !rest.isEmpty { hand(.text(String(rest))) }
    }

    /// The last whole line that says something.
    private static func lastLine(of text: String) -> String? {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        return lines.last { !$0.allSatisfy(\.isWhitespace) }.map(String.init)
    }

    private func follow(_ first: ObjectInfo, isLive: Bool, _ hand: (Event) -> Void) async throws {
        var filter = PlainText()
        var object = first
        var position: Int64 = 0
        while true {
            if object.size < position { position = 0 }
            if object.size > position {
                let bytes = try await store.get(object.name, range: position > 0 ? position..<object.size : nil)
                hand(.text(filter.clean(String(decoding: bytes, as: UTF8.self))))
                position += Int64(bytes.count)
            }
            guard isLive else { return }
            try await sleep(Self.interval)
            object = try await store.info(object.name) ?? object
        }
    }

    /// The log's object: of the attempts the last one, of several dates the one written last.
    private func object(_ request: Request) async throws -> ObjectInfo? {
        let dates = if let date = request.date { [date] } else { try await reader.dates() }
        var found: [(attempt: Int, info: ObjectInfo)] = []
        for date in dates.prefix(Self.dateLimit) {
            let logs = try await store.listAll(prefix: "\(ObjectLayout.logsPrefix(date))\(request.vm).")
            let attempts = logs.compactMap { info -> (attempt: Int, info: ObjectInfo)? in
                guard case .log(_, let vm, let attempt) = ObjectLayout.parse(info.name), vm == request.vm,
                    request.attempt ?? attempt == attempt
                else { return nil }
                return (attempt, info)
            }
            if let last = attempts.max(by: { $0.attempt < $1.attempt }) { found.append(last) }
        }
        return found.max { $0.info.updated < $1.info.updated }?.info
    }
}

/// Neither a VM nor a log object of the name.
struct MissingLog: ExitStatusProviding, CustomStringConvertible {
    let vm: String
    let place: String
    let note: String?

    var description: String {
        let seen = note.map { "; \($0)" } ?? "; no VM of that name runs"
        return "there is no log of \(vm) in \(place)\(seen)"
    }

    /// Always `incomplete`.
    var exitStatus: ExitStatus { .incomplete }
}

import Glibc
import Synchronization

/// What names a dataset file in Tardis's URL.
struct TardisFileKey: Hashable, Sendable {
    let exchange: String
    let dataType: String
    let day: TickDay
    let symbol: String

    var path: String {
        "\(exchange)/\(dataType)/\(day.year)/\(twoDigits(day.month))/\(twoDigits(day.day))/\(symbol).csv.gz"
    }
}

/// The dataset files: real ones from a directory, others generated once into a cache and served from there.
final class TardisFiles: Sendable {
    struct Served: Sendable {
        let file: OpenFile
        let etag: String
    }

    private struct State {
        var paths: [TardisFileKey: String] = [:]
        var etags: [String: String] = [:]
        var working: Set<TardisFileKey> = []
    }

    private let state: Mutex<State>
    private let cache: String
    let realFiles: [TardisFileKey]

    /// Reads the names in a directory of real files, if there is one.
    init(data: String?, cache: String) throws {
        try Files.makeDirectory(cache)
        self.cache = cache
        let found = data.map(Self.scan) ?? [:]
        realFiles = Array(found.keys)
        state = Mutex(State(paths: found))
    }

    /// Opens a file; `make` writes it when it is asked for the first time.
    func open(_ key: TardisFileKey, make: (GzipWriter) throws -> Void) throws -> Served {
        while true {
            enum Step { case ready(String), wait, work }
            let step = state.withLock { state -> Step in
                if let path = state.paths[key], !path.hasSuffix(".csv") { return .ready(path) }
                return state.working.insert(key).inserted ? .work : .wait
            }
            switch step {
            case .ready(let path): return try serve(path)
            case .wait: usleep(5_000)
            case .work: try produce(key, make)
            }
        }
    }

    private func produce(_ key: TardisFileKey, _ make: (GzipWriter) throws -> Void) throws {
        defer { state.withLock { _ = $0.working.remove(key) } }
        let path = "\(cache)/\(key.path.replacing("/", with: "_"))"
        let partial = path + ".partial"
        let target = try FileWriter(path: partial)
        let writer = GzipWriter { try target.write($0) }
        if let plain = state.withLock({ $0.paths[key] }) {
            let file = try OpenFile(path: plain)
            var offset = 0
            while case let piece = try file.read(at: offset, count: 1 << 20), !piece.isEmpty {
                try piece.withUnsafeBytes(writer.write)
                offset += piece.count
            }
        } else {
            try make(writer)
        }
        try writer.finish()
        try Files.rename(partial, to: path)
        state.withLock { $0.paths[key] = path }
    }

    /// The entity tag is made from the content, so it is the same in the next run.
    private func serve(_ path: String) throws -> Served {
        let file = try OpenFile(path: path)
        if let etag = state.withLock({ $0.etags[path] }) { return Served(file: file, etag: etag) }
        var crc: UInt32 = ~0
        var offset = 0
        while case let piece = try file.read(at: offset, count: 1 << 20), !piece.isEmpty {
            crc = updateCRC32C(crc, piece)
            offset += piece.count
        }
        let etag = "\"\(String(~crc, radix: 16))-\(String(file.size, radix: 16))\""
        state.withLock { $0.etags[path] = etag }
        return Served(file: file, etag: etag)
    }

    private static func scan(_ directory: String) -> [TardisFileKey: String] {
        var found: [TardisFileKey: String] = [:]
        for name in Files.list(directory) {
            if let key = flatKey(name) {
                if found[key] == nil || name.hasSuffix(".gz") { found[key] = "\(directory)/\(name)" }
            } else if Files.isDirectory("\(directory)/\(name)") {
                walk(directory, [name], &found)
            }
        }
        return found
    }

    /// Tardis's URL layout: exchange, type, year, month, day, symbol.
    private static func walk(_ directory: String, _ parts: [String], _ found: inout [TardisFileKey: String]) {
        let path = ([directory] + parts).joined(separator: "/")
        if parts.count < 6 {
            for name in Files.list(path) { walk(directory, parts + [name], &found) }
        } else if let symbol = stem(parts[5]), let day = TickDay("\(parts[2])-\(parts[3])-\(parts[4])") {
            found[TardisFileKey(exchange: parts[0], dataType: parts[1], day: day, symbol: symbol)] = path
        }
    }

    /// `{exchange}_{dataType}_{YYYY-MM-DD}_{symbol}*.csv.gz`, or the same without `.gz`.
    private static func flatKey(_ name: String) -> TardisFileKey? {
        guard let stem = stem(name) else { return nil }
        for type in TickGenerator.DataType.allCases {
            let marker = "_\(type.rawValue)_"
            guard let position = stem.firstRange(of: marker) else { continue }
            let rest = stem[position.upperBound...]
            guard let day = TickDay(rest.prefix(10)), rest.dropFirst(10).hasPrefix("_") else { continue }
            let symbol = rest.dropFirst(11).prefix { $0 != "." }
            guard !symbol.isEmpty else { continue }
            return TardisFileKey(
                exchange: String(stem[..<position.lowerBound]),
                dataType: type.rawValue,
                day: day,
                symbol: String(symbol)
            )
        }
        return nil
    }

    private static func stem(_ name: String) -> String? {
        for ending in [".csv.gz", ".csv"] where name.hasSuffix(ending) { return String(name.dropLast(ending.count)) }
        return nil
    }
}

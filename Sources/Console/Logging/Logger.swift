public import Text

/// How much a message matters.
public enum LogLevel: Int, Sendable, Comparable, CaseIterable {
    /// For whoever looks for a fault.
    case debug
    case info
    /// Something went wrong that the tool copes with.
    case warning
    /// Something is lost or will not be done.
    case error

    /// The level of a name as in `LOG_LEVEL`: `DEBUG`, `INFO`, `WARNING`, `ERROR` in any case, and Python's other names.
    public init?(name: String) {
        switch name.lowercased() {
        case "debug", "notset": self = .debug
        case "info": self = .info
        case "warning", "warn": self = .warning
        case "error", "critical", "fatal": self = .error
        default: return nil
        }
    }

    /// The name in lower case.
    public var name: String { "\(self)" }

    public static func < (left: LogLevel, right: LogLevel) -> Bool { left.rawValue < right.rawValue }
}

/// Writes messages with fields: sentences for people, or Cloud Logging's JSON lines. The message is constant text, what
/// varies is a field with a snake_case name.
public struct Logger: Sendable {
    /// The form of the lines.
    public enum Format: Sendable, Equatable {
        /// For a person at a terminal: no time, coloured levels.
        case terminal(color: Bool)
        /// For a file or pipe: time, level, message, fields.
        case plain
        /// One JSON object a line with the fields that Cloud Logging's agent knows
        /// (https://cloud.google.com/logging/docs/structured-logging).
        case jsonLines
    }

    public var level: LogLevel
    private let format: Format
    private let sink: any TextSink
    private let now: @Sendable () -> Int64

    /// A logger; `now` tells the time in microseconds since 1970.
    public init(level: LogLevel, format: Format, sink: any TextSink, now: @escaping @Sendable () -> Int64) {
        self.level = level
        self.format = format
        self.sink = sink
        self.now = now
    }

    /// For whoever looks for a fault.
    public func debug(_ message: String, _ fields: JSONObject = [:]) { log(.debug, message, fields) }
    public func info(_ message: String, _ fields: JSONObject = [:]) { log(.info, message, fields) }
    /// Something went wrong that the tool copes with.
    public func warning(_ message: String, _ fields: JSONObject = [:]) { log(.warning, message, fields) }
    /// Something is lost or will not be done.
    public func error(_ message: String, _ fields: JSONObject = [:]) { log(.error, message, fields) }

    /// Writes one line if the level is high enough.
    public func log(_ level: LogLevel, _ message: String, _ fields: JSONObject = [:]) {
        guard level >= self.level else { return }
        switch format {
        case .terminal(let color): sink.write(terminalLine(level, message, fields, color: color) + "\n")
        case .plain: sink.write(plainLine(level, message, fields) + "\n")
        case .jsonLines: sink.write(jsonLine(level, message, fields) + "\n")
        }
    }

    private func terminalLine(_ level: LogLevel, _ message: String, _ fields: JSONObject, color: Bool) -> String {
        let style: TextStyle =
            switch level {
            case .debug: .dim
            case .info: .plain
            case .warning: .yellow
            case .error: .red
            }
        let prefix = level == .info ? "" : style.apply("\(level.name):", color: color) + " "
        return prefix + printable(message) + (fields.members.isEmpty ? "" : " (\(text(of: fields, separator: ", ")))")
    }

    private func plainLine(_ level: LogLevel, _ message: String, _ fields: JSONObject) -> String {
        let tail = fields.members.isEmpty ? "" : "  " + text(of: fields, separator: " ")
        return
            "\(CivilTime.rfc3339(epochMicroseconds: now())) \(padded(level.name, to: 7)) \(printable(message))\(tail)"
    }

    private func text(of fields: JSONObject, separator: String) -> String {
        fields.members.map { member in
            guard let text = member.value.string else { return "\(member.key)=\(member.value.text())" }
            let isPlain = !text.isEmpty && !text.contains { " \",=".contains($0) }
            return "\(member.key)=\(isPlain ? printable(text) : member.value.text())"
        }.joined(separator: separator)
    }

    private func jsonLine(_ level: LogLevel, _ message: String, _ fields: JSONObject) -> String {
        var line: JSONObject = [
            "severity": .string(level.name.uppercased()),
            "message": .string(message),
            "timestamp": .string(CivilTime.rfc3339(epochMicroseconds: now())),
        ]
        for member in fields.members {
            // The agent would take these for its own.
            let isReserved = line[member.key] != nil
            line[isReserved ? member.key + "_" : member.key] = member.value
        }
        return JSONValue.object(line).text()
    }
}

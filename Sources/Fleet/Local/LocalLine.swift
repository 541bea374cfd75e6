import Console
import Text

/// A line that `vm-data-downloader` writes with `--progress json` and `LOG_FORMAT=json`.
enum LocalLine: Equatable {
    /// A file is there.
    case done(task: String, note: String?, bytes: Int64, rows: Int64)
    case failed(task: String, reason: String)
    /// A message, as one sentence.
    case message(LogLevel, String)
    /// Numbers, which the files' own lines give as well.
    case numbers
    /// Something else, such as a crash's last words.
    case other(String)

    init(_ line: String) {
        guard line.hasPrefix("{"), let object = try? JSONValue(parsing: line) else {
            self = .other(line)
            return
        }
        let task = object["task"]?.string ?? ""
        switch object["event"]?.string {
        case "done":
            self = .done(
                task: task,
                note: object["note"]?.string,
                bytes: object["bytes"]?.int ?? 0,
                rows: object["rows"]?.int ?? 0
            )
        case "failed": self = .failed(task: task, reason: object["reason"]?.string ?? "")
        case "progress": self = .numbers
        default:
            guard let message = object["message"]?.string else {
                self = .other(line)
                return
            }
            let level = object["severity"]?.string.flatMap(LogLevel.init(name:)) ?? .info
            let reason = object["reason"]?.string.map { ": \($0)" } ?? ""
            self = .message(level, message + reason)
        }
    }
}

/// The `Content-Range` of a resumable upload's request.
enum ContentRange: Equatable {
    /// Bytes `first...last`, of a total known or not (`bytes 0-9/20`, `bytes 0-9/*`).
    case bytes(ClosedRange<Int>, total: Int?)
    /// No bytes: a question for the state, or the end at `total` (`bytes */*`, `bytes */20`).
    case status(total: Int?)

    /// Nil when the text is none of the four forms.
    init?(_ text: String) {
        guard text.hasPrefix("bytes ") else { return nil }
        let parts = text.dropFirst(6).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        let total = Int(parts[1])
        guard parts[1] == "*" || (total ?? -1) >= 0 else { return nil }
        if parts[0] == "*" {
            self = .status(total: total)
            return
        }
        let ends = parts[0].split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
        guard ends.count == 2, let first = ends[0], let last = ends[1], first <= last, last < total ?? Int.max else {
            return nil
        }
        self = .bytes(first...last, total: total)
    }
}

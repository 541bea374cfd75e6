/// The meaning of a `Range` header for a body of a known size (RFC 9110, section 14).
enum RangeHeader: Equatable {
    /// Absent, of another unit, of several ranges or unreadable: send everything.
    case whole
    /// Send this part with 206.
    case part(Range<Int>)
    /// 416.
    case unsatisfiable

    init(_ header: String?, size: Int) {
        self = .whole
        guard let header, header.hasPrefix("bytes="), !header.contains(",") else { return }
        let ends = header.dropFirst(6).split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard ends.count == 2 else { return }
        let (first, last) = (Int(ends[0]), Int(ends[1]))
        switch (first, last) {
        case (let first?, _) where ends[1].isEmpty || last != nil:
            if let last, last < first { return }
            self = first < size ? .part(first..<min(size - 1, last ?? Int.max) + 1) : .unsatisfiable
        case (nil, let length?) where ends[0].isEmpty:
            self = length > 0 && size > 0 ? .part(max(0, size - length)..<size) : .unsatisfiable
        default: return
        }
    }

    /// Turns an answer with a whole file into the one that the header asks for.
    static func apply(_ header: String?, to response: inout ServedResponse, file: OpenFile) {
        switch RangeHeader(header, size: file.size) {
        case .whole: response.body = .file(file, 0..<file.size)
        case .part(let range):
            response.status = 206
            response.headers["Content-Range"] = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(file.size)"
            response.body = .file(file, range)
        case .unsatisfiable:
            response = ServedResponse(status: 416, headers: ["Content-Range": "bytes */\(file.size)"])
        }
    }
}

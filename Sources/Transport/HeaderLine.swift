/// One line of an answer's head.
enum HeaderLine: Equatable {
    /// `HTTP/1.1 200 OK`
    case status(Int)
    /// `Name: value`
    case field(name: String, value: String)
    /// The empty line.
    case end
    /// Anything else; skipped.
    case other

    init(_ bytes: UnsafeRawBufferPointer) {
        let text = String(decoding: bytes, as: UTF8.self).utf8
        let line = text.prefix { $0 != UInt8(ascii: "\r") && $0 != UInt8(ascii: "\n") }
        if line.isEmpty {
            self = .end
        } else if line.starts(with: "HTTP/".utf8) {
            let words = line.split(separator: UInt8(ascii: " "))
            guard words.count > 1, let code = Int(Substring(words[1])) else {
                self = .other
                return
            }
            self = .status(code)
        } else if let colon = line.firstIndex(of: UInt8(ascii: ":")) {
            let blanks: [UInt8] = [UInt8(ascii: " "), UInt8(ascii: "\t")]
            var value = line[line.index(after: colon)...].drop { blanks.contains($0) }
            while let last = value.last, blanks.contains(last) { value.removeLast() }
            self = .field(name: String(Substring(line[..<colon])), value: String(Substring(value)))
        } else {
            self = .other
        }
    }
}

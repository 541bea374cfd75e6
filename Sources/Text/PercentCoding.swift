/// Percent-encodes everything but RFC 3986's unreserved characters and those of `keeping`: right for one path segment (`/`
/// becomes `%2F`), for a query value and for a form value.
public func percentEncoded(_ text: String, keeping: String = "") -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var encoded: [UInt8] = []
    for byte in text.utf8 {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            encoded.append(byte)
        case _ where keeping.utf8.contains(byte): encoded.append(byte)
        default: encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
    }
    return String(decoding: encoded, as: UTF8.self)
}

/// The fields of a query or form: `a=1&b=%2F`.
public func percentEncoded(_ fields: [(String, String)]) -> String {
    fields.map { $0.0 + "=" + percentEncoded($0.1) }.joined(separator: "&")
}

/// The text behind percent-encoding, in a query or form with `+` for blanks; nil where a `%` has no two hexadecimal digits
/// behind it or the bytes are no UTF-8.
public func percentDecoded(_ text: some StringProtocol, plusIsBlank: Bool = false) -> String? {
    var bytes: [UInt8] = []
    var rest = text.utf8.makeIterator()
    func digit() -> UInt8? {
        rest.next().flatMap { Character(Unicode.Scalar($0)).hexDigitValue }.map(UInt8.init)
    }
    while let byte = rest.next() {
        switch byte {
        case UInt8(ascii: "%"):
            guard let high = digit(), let low = digit() else { return nil }
            bytes.append(high << 4 | low)
        case UInt8(ascii: "+") where plusIsBlank: bytes.append(UInt8(ascii: " "))
        default: bytes.append(byte)
        }
    }
    return String(validating: bytes, as: UTF8.self)
}

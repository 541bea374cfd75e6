extension StringProtocol {
    /// As much of the text as fits into so many bytes of UTF-8. Counted in bytes, as one character may have thousands.
    public func clipped(toBytes most: Int) -> String {
        guard utf8.count > most else { return String(self) }
        var bytes = Array(utf8.prefix(most + 1))
        // Not within a scalar.
        while let last = bytes.popLast(), last & 0xC0 == 0x80 {}
        return String(decoding: bytes, as: UTF8.self)
    }
}

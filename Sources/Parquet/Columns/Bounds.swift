/// Least and greatest value of a chunk or page, in PLAIN bytes.
struct Bounds: Equatable {
    var minimum: [UInt8]
    var maximum: [UInt8]

    /// Nil without values. Zeros take the sign that keeps the bound true.
    static func ofDoubles(_ words: UnsafeBufferPointer<UInt64>) -> Bounds? {
        guard let first = words.first else { return nil }
        var least = Double(bitPattern: first)
        var greatest = least
        for word in words {
            let value = Double(bitPattern: word)
            least = value < least ? value : least
            greatest = greatest < value ? value : greatest
        }
        return Bounds(
            minimum: bytes((least == 0 ? -0.0 : least).bitPattern),
            maximum: bytes((greatest == 0 ? 0.0 : greatest).bitPattern)
        )
    }

    /// Nil without values.
    static func ofIntegers(_ words: UnsafeBufferPointer<UInt64>) -> Bounds? {
        guard let first = words.first else { return nil }
        var least = Int64(bitPattern: first)
        var greatest = least
        for word in words {
            let value = Int64(bitPattern: word)
            least = value < least ? value : least
            greatest = greatest < value ? value : greatest
        }
        return Bounds(minimum: bytes(UInt64(bitPattern: least)), maximum: bytes(UInt64(bitPattern: greatest)))
    }

    private static func bytes(_ word: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) }
    }
}

extension ChunkStatistics {
    init(_ bounds: Bounds?, nullCount: Int) {
        self.init(minimum: bounds?.minimum, maximum: bounds?.maximum, nullCount: Int64(nullCount))
    }
}

/// Least and greatest value of a chunk or page, in PLAIN bytes.
struct Bounds: Equatable {
    var minimum: [UInt8]
    var maximum: [UInt8]

    /// Nil without values. Zeros take the sign that keeps the bound true.
    static func ofDoubles(_ words: UnsafeBufferPointer<UInt64>) -> Bounds? {
        extremes(words, Double.init(bitPattern:)).map { least, greatest in
            Bounds(
                minimum: bytes((least == 0 ? -0.0 : least).bitPattern),
                maximum: bytes((greatest == 0 ? 0.0 : greatest).bitPattern)
            )
        }
    }

    /// Nil without values.
    static func ofIntegers(_ words: UnsafeBufferPointer<UInt64>) -> Bounds? {
        extremes(words, Int64.init(bitPattern:)).map { least, greatest in
            Bounds(minimum: bytes(UInt64(bitPattern: least)), maximum: bytes(UInt64(bitPattern: greatest)))
        }
    }

    @inline(__always)
    private static func extremes<Value: Comparable>(
        _ words: UnsafeBufferPointer<UInt64>,
        _ value: (UInt64) -> Value
    ) -> (Value, Value)? {
        guard let first = words.first else { return nil }
        var least = value(first)
        var greatest = least
        for word in words {
            let value = value(word)
            least = value < least ? value : least
            greatest = greatest < value ? value : greatest
        }
        return (least, greatest)
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

/// A buffer for CSV text with fast number formatting; one for each generated file.
struct RowWriter: ~Copyable {
    /// Room that a single row must never exceed.
    static let rowReserve = 8_192

    private let base: UnsafeMutablePointer<UInt8>
    private let pairs: UnsafeMutablePointer<UInt8>
    private let powers: UnsafeMutablePointer<Int>
    private(set) var count = 0

    init(capacity: Int) {
        base = .allocate(capacity: capacity + Self.rowReserve)
        pairs = .allocate(capacity: 200)
        powers = .allocate(capacity: 20)
        for number in 0..<100 {
            pairs[2 * number] = UInt8(ascii: "0") + UInt8(number / 10)
            pairs[2 * number + 1] = UInt8(ascii: "0") + UInt8(number % 10)
        }
        var power = 1
        for exponent in 0..<19 {
            powers[exponent] = power
            if exponent < 18 { power *= 10 }
        }
        powers[19] = Int.max
    }

    deinit {
        base.deallocate()
        pairs.deallocate()
        powers.deallocate()
    }

    /// What was written since the last reset.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    mutating func reset() { count = 0 }

    @inline(__always)
    mutating func byte(_ byte: UInt8) {
        base[count] = byte
        count += 1
    }

    @inline(__always)
    mutating func comma() { byte(UInt8(ascii: ",")) }

    /// Turns the last comma into the line's end.
    @inline(__always)
    mutating func endRow() { base[count - 1] = UInt8(ascii: "\n") }

    @inline(__always)
    mutating func text(_ bytes: [UInt8]) {
        bytes.withUnsafeBufferPointer { source in
            guard let start = source.baseAddress else { return }
            (base + count).update(from: start, count: source.count)
            count += source.count
        }
    }

    /// A cell with a whole number and its comma.
    @inline(__always)
    mutating func integerCell(_ value: Int) {
        integer(value)
        comma()
    }

    /// A cell with `value / 10^scale` and its comma.
    @inline(__always)
    mutating func decimalCell(_ value: Int, scale: Int) {
        decimal(value, scale: scale)
        comma()
    }

    mutating func integer(_ value: Int) {
        var rest = value
        if rest < 0 {
            byte(UInt8(ascii: "-"))
            rest = -rest
        }
        digits(rest, width: digitCount(rest))
    }

    /// `value / 10^scale` as JavaScript prints it: no trailing zeros, exponents below 1e-6.
    mutating func decimal(_ value: Int, scale: Int) {
        var (rest, scale) = (value, scale)
        if rest < 0 {
            byte(UInt8(ascii: "-"))
            rest = -rest
        }
        while scale > 0, rest % 10 == 0 {
            rest /= 10
            scale -= 1
            if rest == 0 { scale = 0 }
        }
        if scale == 0 { return digits(rest, width: digitCount(rest)) }
        let width = digitCount(rest)
        if width <= scale - 6 { return exponent(rest, width: width, power: width - scale - 1) }
        let (whole, fraction) = rest.quotientAndRemainder(dividingBy: powers[scale])
        digits(whole, width: digitCount(whole))
        byte(UInt8(ascii: "."))
        digits(fraction, width: scale)
    }

    private mutating func exponent(_ value: Int, width: Int, power: Int) {
        let (first, fraction) = value.quotientAndRemainder(dividingBy: powers[width - 1])
        byte(UInt8(ascii: "0") + UInt8(first))
        if width > 1 {
            byte(UInt8(ascii: "."))
            digits(fraction, width: width - 1)
        }
        byte(UInt8(ascii: "e"))
        integer(power)
    }

    @inline(__always)
    private func digitCount(_ value: Int) -> Int {
        let guess = ((64 - (value | 1).leadingZeroBitCount) * 1_233) >> 12
        return guess + (value >= powers[guess] || guess == 0 ? 1 : 0)
    }

    @inline(__always)
    private mutating func digits(_ value: Int, width: Int) {
        var rest = UInt(bitPattern: value)
        var place = count + width
        while place - count >= 2 {
            let (quotient, pair) = rest.quotientAndRemainder(dividingBy: 100)
            place -= 2
            base[place] = pairs[2 * Int(pair)]
            base[place + 1] = pairs[2 * Int(pair) + 1]
            rest = quotient
        }
        if place > count { base[place - 1] = UInt8(ascii: "0") + UInt8(rest % 10) }
        count += width
    }
}

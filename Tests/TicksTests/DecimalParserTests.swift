import CTicks
import Glibc
import Testing

@testable import Ticks

struct DecimalParserTests {
    /// The way a column's cells go: as a key, in each form of the kernels, which must all say the same; else the slow one.
    private func parse(_ text: [UInt8]) -> Double? {
        let padded = Array(repeating: UInt8(ascii: "7"), count: 16) + text + [0x2C]
        return padded.withUnsafeBufferPointer { padded in
            guard let base = padded.baseAddress else { return nil }
            return parse(base + 16, text.count)
        }
    }

    private func parse(_ start: UnsafePointer<UInt8>, _ length: Int) -> Double? {
        let event = CSVBlock.Event(row: 0, length: length, end: length).bits
        var keys: [UInt64] = []
        for (_, kernels) in kernelForms {
            var key: UInt64 = 0
            var row: UInt32 = 0
            var bits = event
            // The text as a block's: what is before it may be anything.
            let seen = kernels.pointee.keys(start, &bits, 1, 7, &key, &row)
            #expect(row == 7 && seen == (key == DecimalKey.null ? 1 : key == DecimalKey.slow ? 2 : 0))
            keys.append(key)
        }
        let key = keys[0]
        if Set(keys).count > 1 { Issue.record("the kernels do not agree: \(keys)") }
        if key == DecimalKey.null { return nil }
        let text = UnsafeBufferPointer(start: start, count: length)
        guard key == DecimalKey.slow else {
            let value = DecimalKey.double(key)
            // Both ways say the same, for integers as well.
            if value != DecimalParser.slow(text)?.bitPattern { Issue.record("the slow way says something else") }
            let integer = DecimalParser.slowInteger(text).map(UInt64.init(bitPattern:))
            if DecimalKey.integer(key) != integer { Issue.record("the integer is another") }
            return value.map(Double.init(bitPattern:))
        }
        guard let value = DecimalParser.slow(text) else { return nil }
        // Where there is a key for it, it leads back.
        if let key = DecimalKey.key(ofDouble: value.bitPattern) {
            return DecimalKey.double(key).map(Double.init(bitPattern:))
        }
        return value
    }

    @Test(arguments: [UInt64(101), 102, 103, 104])
    func numbersOfAllShapesHaveTheBitsOfStrtod(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        // 16 readable bytes before, 64 for the text, and a zero for strtod.
        let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: 128)
        defer { memory.deallocate() }
        memory.initialize(repeating: UInt8(ascii: "9"), count: 128)
        var wrong: [String] = []
        for _ in 0..<100_000 {
            let length = Self.number(memory + 16, &random)
            memory[16 + length] = 0
            let expected = strtod(UnsafeRawPointer(memory + 16).assumingMemoryBound(to: CChar.self), nil)
            let value = parse(UnsafePointer(memory + 16), length)
            if value?.bitPattern != (expected.isFinite ? expected.bitPattern : nil) {
                wrong.append(String(cString: UnsafePointer(memory + 16)))
            }
        }
        #expect(wrong.isEmpty, "seed \(seed): \(wrong.count) wrong, first '\(wrong.first ?? "")'")
    }

    /// Writes a number of a random shape; answers its length, at most 60.
    private static func number(_ out: UnsafeMutablePointer<UInt8>, _ random: inout SeededRandom) -> Int {
        let bits = random.next()
        var length = 0
        func put(_ byte: UInt8) {
            out[length] = byte
            length += 1
        }
        if bits & 7 == 0 { put(UInt8(ascii: "-")) }
        let shape = bits >> 3 & 7
        let digits = shape == 0 ? 20 + Int(bits >> 8 & 15) : 1 + Int(bits >> 8 & 255) % 19
        // Where the dot stands: before the first digit, behind the last, between, or nowhere.
        let dot = Int(bits >> 16 & 255) % (digits + 3)
        var source = random.next()
        for index in 0..<digits {
            if index == dot { put(UInt8(ascii: ".")) }
            if index == 16 { source = random.next() }
            // Nines, zeros and fives make carries and halfway cases likely.
            let raw = source & 15
            source >>= 4
            let digit: UInt64
            switch shape {
            case 1: digit = raw < 8 ? 0 : raw - 8
            case 2: digit = raw < 8 ? 9 : raw - 8
            default: digit = raw % 10
            }
            put(UInt8(ascii: "0") + UInt8(digit))
        }
        if dot == digits { put(UInt8(ascii: ".")) }
        if bits >> 24 & 3 == 0 {
            put(bits >> 26 & 1 == 0 ? UInt8(ascii: "e") : UInt8(ascii: "E"))
            if bits >> 27 & 3 == 0 { put(UInt8(ascii: "+")) } else if bits >> 27 & 3 < 3 { put(UInt8(ascii: "-")) }
            let exponent = bits >> 32 & 1 == 0 ? bits >> 33 & 31 : (bits >> 33 & 1023) % 400
            for character in String(exponent).utf8 { put(character) }
        }
        return length
    }

    @Test(arguments: [
        "0", "-0", "0.0", "-0.0", "00", "007", "5.", ".5", "-.5", "-5.", "0.", ".0", "1e5", "1E5", "1e+5", "1e-5",
        "9007199254740991", "9007199254740992", "9007199254740993", "9007199254740995", "-9007199254740993",
        "9007199254740992.5", "0.1", "0.30000000000000004", "1.7976931348623157e308", "2.2250738585072014e-308",
        "2.2250738585072011e-308", "4.9406564584124654e-324", "2.4703282292062327e-324", "2.4703282292062328e-324",
        "1e-400", "-1e-400", "0e999999999999999999999", "1e22", "1e23", "123456789012345678", "1e-22", "1e-23",
        "0.00004405208333333333", "99999999.99999999", "9999999999999999", "0.000000000000001", "123456789.1234567",
        "1234567890123456789012345678901234567890", "0000000000000000000000000000000000001.5",
        "179769313486231580793728971405303415079934132710037826936173778980444968292764750946649017977587207096330286",
        "1.00000000000000011102230246251565404236316680908203125",
        "1.00000000000000011102230246251565404236316680908203124",
        "1.00000000000000011102230246251565404236316680908203126",
    ])
    func hardNumbersHaveTheBitsOfStrtod(text: String) throws {
        let value = try #require(parse(Array(text.utf8)))
        #expect(value.bitPattern == strtod(text, nil).bitPattern)
    }

    @Test(arguments: [
        "", "-", ".", "-.", "--1", "..", "1..2", "1.2.3", "1.2.", ".1.", "0x1", "0x10", "nan", "NaN", "inf", "-inf",
        "infinity", "+1", "1e", "1e+", "1e-", "e5", ".e5", "-e5", "1e5.0", "1e5e5", "1ee5", " 1", "1 ", "1,2", "1-",
        "0-5",
        "1-2", "5-", "1_000", "1/2", "1:2", "1;", "/", ":", "12345678:", "1234567/12345678", "\u{0}1", "1\u{0}", "é",
        "1e400", "-1e400", "1e99999999999999999999", "1234567890123456789x", "1.5f", "1d5", "\u{b2}",
    ])
    func whatIsNoDecimalNumberIsRefused(text: String) {
        #expect(parse(Array(text.utf8)) == nil)
    }

    /// Every byte in every place of a cell of every fast length: only digits, one dot and a leading minus may be read.
    @Test func noOtherByteIsTakenForADigit() {
        for length in 1...17 {
            for place in 0..<length {
                for byte in UInt8.min...UInt8.max {
                    var text = Array(repeating: UInt8(ascii: "1"), count: length)
                    text[place] = byte
                    let isDigit = (0x30...0x39).contains(byte)
                    let isSign = byte == UInt8(ascii: "-") && place == 0 && length > 1
                    let isDot = byte == UInt8(ascii: ".") && length > 1
                    let isExponent = byte | 0x20 == UInt8(ascii: "e") && place > 0 && place < length - 1
                    let isOverflow = isExponent && length - place > 4
                    let isNumber = (isDigit || isSign || isDot || isExponent) && !isOverflow
                    if (parse(text) != nil) != isNumber, !(isExponent && length - place == 4) {
                        Issue.record("byte \(byte) at \(place) of \(length)")
                    }
                }
            }
        }
    }

    @Test(arguments: [
        ("0", 0), ("-0", 0), ("7", 7), ("-7", -7), ("007", 7), ("1582329602111000", 1_582_329_602_111_000),
        ("9999999999999999", 9_999_999_999_999_999), ("12345678901234567", 12_345_678_901_234_567),
        ("9223372036854775807", Int64.max), ("-9223372036854775808", .min), ("-9223372036854775807", -.max),
        ("000000000000000000000000000009223372036854775807", .max),
    ])
    func integersOfAllOfInt64AreRead(text: String, value: Int64) {
        #expect(integer(text) == value)
    }

    @Test(arguments: [
        "", "-", "--1", "+1", "1.0", "1.", "1e3", " 1", "1 ", "0x1", "9223372036854775808", "-9223372036854775809",
        "18446744073709551616", "99999999999999999999999999", "1-", "0-5",
    ])
    func whatIsNoInt64IsRefused(text: String) {
        #expect(integer(text) == nil)
    }

    private func integer(_ text: String) -> Int64? {
        Array(text.utf8).withUnsafeBufferPointer { DecimalParser.slowInteger($0) }
    }
}

import Testing
import Text
import Text

struct JSONTests {
    private static let documents: [(String, JSONValue)] = [
        ("0", JSONValue.int(0)), ("-12", .int(-12)), ("9223372036854775807", .int(.max)),
        ("-9223372036854775808", .int(.min)), ("9007199254740993", .int(9_007_199_254_740_993)),
        ("9223372036854775808", .double(9_223_372_036_854_775_808)), ("1.5e3", .double(1_500)), ("0.1", .double(0.1)),
        (" true ", .bool(true)), ("null", .null), ("[]", []), ("{}", [:]), ("[1, [2]]", [1, [2]]),
        (#"{"b":1,"a":{"c":null}}"#, ["b": 1, "a": ["c": .null]]),
        (#""a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00""#, "a\"\\/\u{8}\u{C}\n\r\t\u{E9}\u{1F600}"),
    ]

    @Test(arguments: documents)
    func validTextIsRead(text: String, value: JSONValue) throws {
        #expect(try JSONValue(parsing: text) == value)
        #expect(try JSONValue(parsing: value.text()) == value)
        #expect(try JSONValue(parsing: value.text(.pretty)) == value)
    }

    @Test(arguments: [
        "", " ", "01", "-", "+1", "1.", ".5", "1e", "1e999", "NaN", "tru", "truex", "[1,]", "[1", "{\"a\"}",
        "{\"a\":1,}",
        "{a:1}", "\"", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"", "\"\\udc00\"", "\"\\ud800\\u0041\"", "\"a\nb\"", "1 2",
        "{\"a\":1,\"a\":2}", "'a'", "[1 2]", "[1]]", "\"\u{1}\"", "-01", "1e+",
    ])
    func invalidTextIsRefused(text: String) {
        #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
    }

    @Test func errorsSayWhere() {
        #expect(throws: JSONError(reason: "digits are missing after the point", offset: 6)) {
            try JSONValue(parsing: "[1, 2.]")
        }
        #expect(throws: JSONError(reason: "a string is not valid UTF-8", offset: 1)) {
            try JSONValue(parsing: [0x22, 0xC3, 0x28, 0x22])
        }
    }

    @Test func depthIsLimited() throws {
        func nest(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(throws: Never.self) { try JSONValue(parsing: nest(128)) }
        #expect(throws: JSONError(reason: "nested deeper than 128", offset: 128)) { try JSONValue(parsing: nest(129)) }
        #expect(throws: JSONError(reason: "nested deeper than 2", offset: 2)) {
            try JSONValue(parsing: Array(nest(3).utf8), maximumDepth: 2)
        }
    }

    @Test func textIsWrittenWithEscapesAndOrder() {
        let value: JSONValue = ["b": [1, 2.5, true, .null], "a": "q\"\\\n\u{1}\u{2028}é/", "e": [:], "f": []]
        #expect(value.text() == #"{"b":[1,2.5,true,null],"a":"q\"\\\n\u0001\u2028é/","e":{},"f":[]}"#)
        #expect(value.text(sortedKeys: true).hasPrefix(#"{"a":"#))
        #expect(JSONValue.object(["a": 1, "b": [2]]).text(.pretty) == "{\n  \"a\": 1,\n  \"b\": [\n    2\n  ]\n}")
        #expect(JSONValue.double(.nan).text() == "null")
        #expect(JSONValue.double(5e-8).text() == "5e-08")
    }

    @Test(.timeLimit(.minutes(30))) func manyMembersTakeTheirTimeOnce() {
        let count = 800_000
        let object = JSONObject((0..<count).map { ("key \($0 % (count / 2))", JSONValue.int(Int64($0))) })
        #expect(object.members.count == count / 2)
        #expect(object.members.last?.value == .int(Int64(count - 1)))
    }

    @Test func membersAreSetInPlace() {
        var object: JSONObject = ["a": 1, "b": 2]
        object["a"] = 3
        object["c"] = 4
        object["b"] = nil
        #expect(JSONValue.object(object).text() == #"{"a":3,"c":4}"#)
        #expect(JSONValue.object(object)["c"]?.int == 4)
    }

    @Test func randomBytesNeverCrash() {
        let alphabet = Array("[]{}\",:\\u0123eE+-. tnf".utf8) + [0xC3, 0xA9, 0xFF]
        for _ in 0..<5_000 {
            let bytes = (0..<Int.random(in: 0...12)).compactMap { _ in
                alphabet.randomElement()
            }
            guard let value = try? JSONValue(parsing: bytes) else { continue }
            #expect((try? JSONValue(parsing: value.bytes())) == value, "\(bytes)")
        }
    }
}

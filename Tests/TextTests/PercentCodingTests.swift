import Testing
import Text

struct PercentCodingTests {
    @Test(arguments: [
        ("", ""), ("aZ09-._~", "aZ09-._~"), ("a/b c+d", "a%2Fb%20c%2Bd"), ("é%\0", "%C3%A9%25%00"),
    ])
    func whatIsReservedIsEncoded(text: String, encoded: String) {
        #expect(percentEncoded(text) == encoded)
        #expect(percentDecoded(encoded) == text)
    }

    @Test func someCharactersMayBeKept() {
        #expect(percentEncoded("a/b:c", keeping: "/") == "a/b%3Ac")
    }

    @Test func aPlusIsABlankInForms() {
        #expect(percentDecoded("a+b%2b") == "a+b+")
        #expect(percentDecoded("a+b%2b", plusIsBlank: true) == "a b+")
    }

    @Test(arguments: ["%", "%4", "%4x", "%-1", "%+1", "% 1", "a%zz", "%C3", "%FF"])
    func whatIsNoEncodingIsNotDecoded(text: String) {
        #expect(percentDecoded(text) == nil)
    }
}

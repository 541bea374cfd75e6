/// One file of Tardis's data sets: a day of one data type of one symbol.
public struct Dataset: Sendable, Hashable {
    /// Tardis's id of the exchange: `binance-futures`.
    public let exchange: String
    /// Tardis's id of the data type: `book_snapshot_5`.
    public let dataType: String
    /// The year of the UTC day.
    public let year: Int
    /// The month, 1 to 12.
    public let month: Int
    /// The day of the month, 1 to 31.
    public let day: Int
    /// The symbol as the exchange writes it.
    public let symbol: String

    /// A file.
    public init(exchange: String, dataType: String, year: Int, month: Int, day: Int, symbol: String) {
        self.exchange = exchange
        self.dataType = dataType
        self.year = year
        self.month = month
        self.day = day
        self.symbol = symbol
    }

    /// The URL's path: `/v1/{exchange}/{type}/{YYYY}/{MM}/{DD}/{SYMBOL}.csv.gz`. In the symbol `/` and `:` become `-`, letters
    /// become upper-case, and what is not safe in a URL is percent-encoded, as Tardis's own clients do it.
    public var path: String {
        let name = String(symbol.map { $0 == "/" || $0 == ":" ? "-" : $0 }).uppercased()
        return "/v1/\(exchange)/\(dataType)/\(padded(year, 4))/\(padded(month, 2))/\(padded(day, 2))/"
            + "\(Self.percentEncoded(name)).csv.gz"
    }

    /// The day, `YYYY-MM-DD`.
    public var date: String { "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))" }

    /// The first day of each month is free for everybody, and asking for it without a key does not occupy the key.
    public var isFree: Bool { day == 1 }

    private func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    private static func percentEncoded(_ text: String) -> String {
        let safe = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
        let hex = Array("0123456789ABCDEF")
        return text.utf8.reduce(into: "") { encoded, byte in
            let character = Character(UnicodeScalar(byte))
            if byte < 0x80, safe.contains(character) {
                encoded.append(character)
            } else {
                encoded += "%\(hex[Int(byte >> 4)])\(hex[Int(byte & 15)])"
            }
        }
    }
}

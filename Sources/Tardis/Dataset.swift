import Text

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
        return
            "/v1/\(exchange)/\(dataType)/\(CivilTime.digits(year, 4))/\(CivilTime.digits(month, 2))/\(CivilTime.digits(day, 2))/"
            + "\(percentEncoded(name)).csv.gz"
    }

    /// The day, `YYYY-MM-DD`.
    public var date: String { "\(CivilTime.digits(year, 4))-\(CivilTime.digits(month, 2))-\(CivilTime.digits(day, 2))" }

    /// The first day of each month is free for everybody, and asking for it without a key does not occupy the key.
    public var isFree: Bool { day == 1 }
}

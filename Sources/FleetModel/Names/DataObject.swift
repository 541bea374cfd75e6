/// One file of data: a day of one data type of one instrument.
public struct DataObject: Sendable, Hashable {
    public let date: CalendarDate
    public let dataType: DataType
    public let venue: Venue
    /// The symbol as written in object names; the same as the instrument's unless that has characters names may not have.
    public let symbol: String
    public let kind: InstrumentKind

    public init(date: CalendarDate, dataType: DataType, venue: Venue, symbol: String, kind: InstrumentKind) {
        self.date = date
        self.dataType = dataType
        self.venue = venue
        self.symbol = ObjectLayout.escaped(symbol)
        self.kind = kind
    }

    /// `DATE/TYPE/VENUE/SYMBOL/TYPE_DATE_SYMBOL_KIND.parquet`.
    public var name: String {
        let file = "\(dataType.rawValue)_\(date)_\(symbol)_\(kind.rawValue).parquet"
        return "\(date)/\(dataType.rawValue)/\(venue.rawValue)/\(symbol)/\(file)"
    }

    /// How people know it on a screen: `2023-05-23 binance-spot/BTCUSDT trades`.
    public var title: String { "\(date) \(venue.rawValue)/\(symbol) \(dataType.rawValue)" }

    /// The data object of that name; nil when the name is not exactly of that form.
    public init?(name: String) {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 5, let date = CalendarDate(parts[0]), let dataType = DataType(rawValue: parts[1]),
            let venue = Venue(rawValue: parts[2]), !parts[3].isEmpty
        else { return nil }
        for kind in InstrumentKind.allCases {
            self.init(date: date, dataType: dataType, venue: venue, symbol: parts[3], kind: kind)
            if self.name == name { return }
        }
        return nil
    }
}

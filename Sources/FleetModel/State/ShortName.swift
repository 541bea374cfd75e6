/// An object's name as it fits into a line.
public enum ShortName {
    /// `trades binance-spot/BTCUSDT` for a file of data; other names as they are.
    public static func of(_ name: String) -> String {
        guard let object = DataObject(name: name) else { return name }
        return "\(object.dataType.rawValue) \(object.venue.rawValue)/\(object.symbol)"
    }
}

/// What all rows of a file share: the first two cells, price level, number of decimals, and the file's clock.
struct Market {
    let prefix: [UInt8]
    let day: TickDay
    let asset: String
    /// Prices are whole numbers of `10^-priceScale`.
    let priceScale: Int
    /// Amounts are whole numbers of `10^-amountScale`.
    let amountScale: Int
    let price: Int
    var random: SplitMix
    var timeline: Timeline

    /// Rough prices, so that files look familiar.
    private static let prices: [(String, Double)] = [
        ("BTC", 27_000), ("XBT", 27_000), ("ETH", 1_850), ("BNB", 310), ("SOL", 21), ("XRP", 0.47), ("ADA", 0.37),
        ("DOGE", 0.072), ("SHIB", 0.0000085), ("PEPE", 0.0000009), ("LTC", 91), ("LINK", 6.5), ("AVAX", 14.4),
        ("BCH", 117), ("MATIC", 0.88), ("DOT", 5.4), ("TRX", 0.077), ("ATOM", 10.6), ("UNI", 5.1), ("XLM", 0.09),
    ]

    init(exchange: String, symbol: String, day: TickDay, type: TickGenerator.DataType, rows: Int) {
        prefix = Array("\(exchange),\(symbol),".utf8)
        self.day = day
        random = SplitMix(text: "\(exchange)/\(type.rawValue)/\(day)/\(symbol)")
        let known = Self.prices.first { symbol.hasPrefix($0.0) || symbol.hasPrefix("1000\($0.0)") }
        var own = SplitMix(text: symbol)
        let level = known?.1 ?? [0.0004, 0.031, 0.42, 1.7, 12.6, 88][own.below(6)]
        asset = known?.0 ?? symbol
        // About five significant digits, as exchanges choose their tick sizes; at most eight decimals.
        var scale = 1
        var power = 10.0
        while level * power < 10_000, scale < 8 {
            scale += 1
            power *= 10
        }
        priceScale = scale
        amountScale = level > 1_000 ? 8 : level > 5 ? 4 : level > 0.01 ? 2 : 0
        // The same day's level for every exchange and type of an asset, some percent off the table's.
        var daily = SplitMix(text: "\(asset)/\(day)")
        price = max(60, Int(level * power * (0.85 + 0.3 * daily.unit())))
        timeline = Timeline(day: day, rows: rows)
    }

    /// An order's size: round lots over and over, a long tail of odd ones, dust now and then.
    @inline(__always)
    mutating func amount() -> Int {
        let bits = random.next()
        let unit = amountScale == 8 ? 100_000 : 1
        if bits & 1 == 0 {
            let lot =
                switch (bits >> 1) & 7 {
                case 0, 1: 1
                case 2: 2
                case 3: 5
                case 4: 10
                case 5: 20
                case 6: 50
                default: 100
                }
            return lot * unit * ((bits >> 4) & 15 == 0 ? 10 : 1)
        }
        if amountScale == 8 && (bits >> 1) & 255 == 0 { return 1 + Int((bits >> 9) & 127) }  // 1e-8 to 1.28e-6
        let magnitude = (bits >> 1) & 7
        let odd = Int((bits >> 8) & ((64 << (magnitude * 2)) - 1)) + 1
        return amountScale == 8 ? odd * 1_000 : odd
    }
}

/// The clock of a file: arrival times ascend within the UTC day, in bursts, and use it evenly.
struct Timeline {
    private let start: Int
    private let last: Int
    private let stride: Int
    private var row = 0
    private(set) var local: Int
    private(set) var timestamp = 0

    init(day: TickDay, rows: Int) {
        start = day.midnight
        last = day.midnight + 86_400_000_000 - 1
        stride = (86_400_000_000 - 2_000_000) / max(1, rows)
        local = day.midnight + 1_371
    }

    /// Moves to the next event.
    @inline(__always)
    mutating func advance(_ random: inout SplitMix) {
        row += 1
        let bits = random.next()
        var gap = stride / 8 * Int((bits >> 8) & 15) / 8
        if bits & 255 > 150 { gap = stride / 8 * Int((bits >> 12) & 31) + Int((bits >> 20) & 1_023) }
        let ahead = local - start - row * stride
        if ahead > 40 * stride { gap /= 4 }
        if ahead < -40 * stride { gap = gap * 2 - ahead / 8 }
        local = min(last, local + gap)
        // The exchange's own time: milliseconds, some earlier, sometimes before midnight.
        let latency = 2_500 + Int((bits >> 32) & 4_095) + ((bits >> 48) & 255 == 0 ? 60_000 : 0)
        timestamp = (local - latency) / 1_000 * 1_000
    }

    /// Moves on within a burst: the exchange's time stays, the arrival may be some microseconds later.
    @inline(__always)
    mutating func stay(by microseconds: Int) {
        row += 1
        local = min(last, local + microseconds)
    }
}

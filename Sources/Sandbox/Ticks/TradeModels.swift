/// Trades: an aggressor's fills share side and exchange time and walk the price.
struct TradesModel: TickModel {
    private var market: Market
    private var price: Int
    private var isBuy = true
    private var burst = 0
    private var id: Int

    init(_ market: Market) {
        self.market = market
        price = market.price
        id = 1_000_000_000 + market.day.number * 200_000
    }

    mutating func appendRow(to writer: inout RowWriter) {
        let bits = market.random.next()
        if burst == 0 {
            market.timeline.advance(&market.random)
            if bits & 7 < 3 { isBuy.toggle() }
            burst = bits & 0x100 == 0 ? 0 : Int((bits >> 9) & 3)
            if (bits >> 12) & 63 == 0 { price += Int((bits >> 20) & 127) - 63 }
        } else {
            burst -= 1
            market.timeline.stay(by: Int((bits >> 3) & 15))
        }
        if (bits >> 40) & 3 == 0 {
            let step = 1 + Int((bits >> 42) & 7) * Int((bits >> 45) & 7) / 8
            price = max(8, price + (isBuy ? step : -step))
        }
        id += 1 + ((bits >> 48) & 0xFFFF == 0 ? 1 : 0)
        writer.text(market.prefix)
        writer.integerCell(market.timeline.timestamp)
        writer.integerCell(market.timeline.local)
        writer.integerCell(id)
        writer.text(isBuy ? Words.buy : Words.sell)
        writer.decimalCell(price, scale: market.priceScale)
        writer.decimalCell(market.amount(), scale: market.amountScale)
        writer.endRow()
    }
}

/// Liquidations: like trades, without ids (as Binance sends them) and in runs of one side.
struct LiquidationsModel: TickModel {
    private var market: Market
    private var price: Int
    private var isBuy = false

    init(_ market: Market) {
        self.market = market
        price = market.price
    }

    mutating func appendRow(to writer: inout RowWriter) {
        market.timeline.advance(&market.random)
        let bits = market.random.next()
        if bits & 7 == 0 { isBuy.toggle() }
        price = max(8, price + Int((bits >> 8) & 31) - 15 - (price > 2 * market.price ? 1 : 0))
        writer.text(market.prefix)
        writer.integerCell(market.timeline.timestamp)
        writer.integerCell(market.timeline.local)
        writer.comma()
        writer.text(isBuy ? Words.buy : Words.sell)
        writer.decimalCell(price, scale: market.priceScale)
        writer.decimalCell(market.amount(), scale: market.amountScale)
        writer.endRow()
    }
}

/// Cells that occur over and over, with their comma.
enum Words {
    static let buy = Array("buy,".utf8)
    static let sell = Array("sell,".utf8)
    static let bid = Array("bid,".utf8)
    static let ask = Array("ask,".utf8)
    static let yes = Array("true,".utf8)
    static let no = Array("false,".utf8)
}

/// derivative_ticker: state carried from row to row, a column that stays empty, others empty until first seen.
struct DerivativeTickerModel: TickModel {
    private static let fundingPeriod = 8 * 3_600_000_000
    private static let indexScale = 8

    private var market: Market
    private var row = 0
    private var rate = 10_000
    private var openInterest = 120_000_000
    private var last: Int
    private var index = 0
    private var mark = 0
    private let fine: Int

    init(_ market: Market) {
        self.market = market
        last = market.price
        fine = (0..<(Self.indexScale - market.priceScale)).reduce(1) { power, _ in power * 10 }
    }

    mutating func appendRow(to writer: inout RowWriter) {
        market.timeline.advance(&market.random)
        let bits = market.random.next()
        if bits & 127 == 0 { rate += Int((bits >> 7) & 127) - 63 - rate / 256 }
        if (bits >> 14) & 511 == 0 { openInterest += Int((bits >> 23) & 0x3FFF) - 0x1FFF }
        if (bits >> 37) & 3 == 0 { last = max(8, last + Int((bits >> 39) & 7) - 3) }
        if row == 0 || (bits >> 42) & 3 == 0 {
            index = last * fine + Int((bits >> 44) & 0xFFFF) % max(1, fine)
            mark = last * fine - Int((bits >> 40) & 0xFFFF) % max(1, fine)
        }
        let local = market.timeline.local
        writer.text(market.prefix)
        writer.integerCell(market.timeline.timestamp)
        writer.integerCell(local)
        if row < 2 {
            writer.comma()
            writer.comma()
        } else {
            writer.integerCell((local / Self.fundingPeriod + 1) * Self.fundingPeriod)
            writer.decimalCell(rate, scale: 8)
        }
        writer.comma()
        if row < 5 { writer.comma() } else { writer.decimalCell(openInterest, scale: 3) }
        if row < 1 { writer.comma() } else { writer.decimalCell(last, scale: market.priceScale) }
        writer.decimalCell(index, scale: Self.indexScale)
        writer.decimalCell(mark, scale: Self.indexScale)
        writer.endRow()
        row += 1
    }
}

/// options_chain: every row is one option of the chain with its own symbol; thin options have many empty cells.
struct OptionsChainModel: TickModel {
    private struct Option {
        let prefix: [UInt8]
        let terms: [UInt8]
        let isCall: Bool
        let isThin: Bool
        var bid: Int
        var volatility: Int
    }

    private var market: Market
    private var options: [Option] = []
    private var underlying: Int
    private let indexName: [UInt8]

    init(_ market: Market) {
        self.market = market
        let asset = market.asset == "OPTIONS" ? "BTC" : market.asset
        underlying = 2_700_000 + self.market.random.below(100_000)
        indexName = Array("SYN.\(asset)-\(market.day.advanced(by: 7)),".utf8)
        let exchange = String(decoding: market.prefix.prefix { $0 != UInt8(ascii: ",") }, as: UTF8.self)
        let months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
        for days in [1, 2, 7, 30, 90] {
            let end = market.day.advanced(by: days)
            for strike in stride(from: 20_000, through: 36_000, by: 1_000) {
                for isCall in [true, false] {
                    let name = "\(asset)-\(end.day)\(months[end.month - 1])\(twoDigits(end.year % 100))-\(strike)"
                    let expiration = end.midnight + 8 * 3_600_000_000
                    options.append(
                        Option(
                            prefix: Array("\(exchange),\(name)-\(isCall ? "C" : "P"),".utf8),
                            terms: Array("\(isCall ? "call" : "put"),\(strike),\(expiration),".utf8),
                            isCall: isCall,
                            isThin: abs(strike - 27_000) > 6_000,
                            bid: 5 + self.market.random.below(1_200),
                            volatility: 4_000 + self.market.random.below(4_000)
                        )
                    )
                }
            }
        }
    }

    mutating func appendRow(to writer: inout RowWriter) {
        market.timeline.advance(&market.random)
        let bits = market.random.next()
        let chosen = market.random.below(options.count)
        if bits & 7 == 0 { underlying = max(100_000, underlying + Int((bits >> 3) & 255) - 127) }
        options[chosen].bid = max(1, options[chosen].bid + Int((bits >> 10) & 2) - 1)
        options[chosen].volatility = max(100, options[chosen].volatility + Int((bits >> 13) & 31) - 15)
        let option = options[chosen]
        writer.text(option.prefix)
        writer.integerCell(market.timeline.timestamp)
        writer.integerCell(market.timeline.local)
        writer.text(option.terms)
        if option.isThin {
            for _ in 0..<8 { writer.comma() }  // nothing open, no last price, no bid, no offer
        } else {
            writer.decimalCell(Int((bits >> 16) & 0xFFF), scale: 1)
            writer.decimalCell(option.bid * 5, scale: 4)
            writer.decimalCell(option.bid * 5, scale: 4)
            writer.decimalCell(1 + Int((bits >> 20) & 0xFF), scale: 1)
            writer.decimalCell(option.volatility - 100, scale: 2)
            writer.decimalCell(option.bid * 5 + 5, scale: 4)
            writer.decimalCell(1 + Int((bits >> 28) & 0xFF), scale: 1)
            writer.decimalCell(option.volatility + 100, scale: 2)
        }
        writer.decimalCell(option.bid * 500 + Int((bits >> 36) & 0xFF), scale: 6)
        writer.decimalCell(option.volatility, scale: 2)
        writer.text(indexName)
        writer.decimalCell(underlying, scale: 2)
        writer.decimalCell((option.isCall ? 1 : -1) * Int((bits >> 24) & 0xFFFF), scale: 5)
        writer.decimalCell(Int((bits >> 40) & 0x3F), scale: 5)
        writer.decimalCell(Int((bits >> 44) & 0xFFF), scale: 2)
        writer.decimalCell(-Int((bits >> 48) & 0x1FFF), scale: 2)
        writer.decimalCell((option.isCall ? 1 : -1) * Int((bits >> 52) & 0xFFF), scale: 3)
        writer.endRow()
    }
}

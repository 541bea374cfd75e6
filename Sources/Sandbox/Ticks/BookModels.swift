/// An order book of a fixed depth that changes a little from row to row.
struct OrderBook {
    private(set) var askPrices: [Int]
    private(set) var bidPrices: [Int]
    private(set) var askAmounts: [Int]
    private(set) var bidAmounts: [Int]

    init(_ market: inout Market, depth: Int) {
        askPrices = (0..<depth).map { market.price + 1 + $0 }
        bidPrices = (0..<depth).map { max(1, market.price - $0) }
        askAmounts = []
        bidAmounts = []
        for _ in 0..<depth {
            askAmounts.append(market.amount())
            bidAmounts.append(market.amount())
        }
    }

    /// Changes one to four amounts, mostly near the top; now and then the best price moves.
    mutating func step(_ market: inout Market) {
        let bits = market.random.next()
        if bits & 15 == 0 {
            shift(up: bits & 16 == 0, gap: 1 + ((bits >> 5) & 3 == 0 ? Int((bits >> 7) & 7) : 0), &market)
        }
        var seeds = bits >> 12
        for _ in 0...Int(bits >> 10 & 3) {
            let deep = (Int(seeds & 0xFF) * Int((seeds >> 8) & 0xFF)) >> 8
            let level = (deep * askPrices.count) >> 8
            let fresh = market.amount()
            if seeds & 0x1_0000 == 0 { askAmounts[level] = fresh } else { bidAmounts[level] = fresh }
            seeds = seeds >> 13 | seeds << 51
        }
    }

    private mutating func shift(up: Bool, gap: Int, _ market: inout Market) {
        let last = askPrices.count - 1
        if up {
            let taken = askPrices.removeFirst()
            askAmounts.removeFirst()
            askPrices.append(askPrices[last - 1] + gap)
            askAmounts.append(market.amount())
            bidPrices.insert(taken, at: 0)
            bidAmounts.insert(market.amount(), at: 0)
            bidPrices.removeLast()
            bidAmounts.removeLast()
        } else if bidPrices[last] > gap {
            let taken = bidPrices.removeFirst()
            bidAmounts.removeFirst()
            bidPrices.append(bidPrices[last - 1] - gap)
            bidAmounts.append(market.amount())
            askPrices.insert(taken, at: 0)
            askAmounts.insert(market.amount(), at: 0)
            askPrices.removeLast()
            askAmounts.removeLast()
        }
    }
}

/// book_snapshot_5 and book_snapshot_25; the first rows are of a book that is not full yet, with empty cells.
struct SnapshotModel: TickModel {
    private var market: Market
    private var ladder: OrderBook
    private let depth: Int
    private var row = 0

    init(_ market: Market, depth: Int) {
        self.market = market
        self.depth = depth
        ladder = OrderBook(&self.market, depth: depth)
    }

    mutating func appendRow(to writer: inout RowWriter) {
        market.timeline.advance(&market.random)
        ladder.step(&market)
        let filled = row < 3 ? depth - 3 + row : depth
        row += 1
        writer.text(market.prefix)
        writer.integerCell(market.timeline.timestamp)
        writer.integerCell(market.timeline.local)
        let (priceScale, amountScale) = (market.priceScale, market.amountScale)
        for level in 0..<filled {
            writer.decimalCell(ladder.askPrices[level], scale: priceScale)
            writer.decimalCell(ladder.askAmounts[level], scale: amountScale)
            writer.decimalCell(ladder.bidPrices[level], scale: priceScale)
            writer.decimalCell(ladder.bidAmounts[level], scale: amountScale)
        }
        for _ in filled..<depth {
            writer.comma()
            writer.comma()
            writer.comma()
            writer.comma()
        }
        writer.endRow()
    }
}

/// quotes and book_ticker: the top of the book, rarely with an empty side.
struct QuotesModel: TickModel {
    private var market: Market
    private var ladder: OrderBook

    init(_ market: Market) {
        self.market = market
        ladder = OrderBook(&self.market, depth: 3)
    }

    mutating func appendRow(to writer: inout RowWriter) {
        market.timeline.advance(&market.random)
        ladder.step(&market)
        let isOneSided = market.random.next() & 0xFFF == 0
        writer.text(market.prefix)
        writer.integerCell(market.timeline.timestamp)
        writer.integerCell(market.timeline.local)
        if isOneSided {
            writer.comma()
            writer.comma()
        } else {
            writer.decimalCell(ladder.askAmounts[0], scale: market.amountScale)
            writer.decimalCell(ladder.askPrices[0], scale: market.priceScale)
        }
        writer.decimalCell(ladder.bidPrices[0], scale: market.priceScale)
        writer.decimalCell(ladder.bidAmounts[0], scale: market.amountScale)
        writer.endRow()
    }
}

/// incremental_book_L2: a snapshot at midnight, then messages of some rows each; amount 0 removes a level.
struct BookUpdatesModel: TickModel {
    private static let snapshotDepth = 100

    private var market: Market
    private var middle: Int
    private var row = 0
    private var left = 0

    init(_ market: Market) {
        self.market = market
        middle = max(2 * Self.snapshotDepth, market.price)
        self.market.timeline.advance(&self.market.random)
    }

    mutating func appendRow(to writer: inout RowWriter) {
        let bits = market.random.next()
        let isSnapshot = row < 2 * Self.snapshotDepth
        var isBid = bits & 1 == 0
        var offset = Int((bits >> 8) & 31) * Int((bits >> 13) & 31) / 16 + 1
        var amount = (bits >> 1) & 3 == 0 ? 0 : market.amount()
        if isSnapshot {
            isBid = row < Self.snapshotDepth
            offset = row % Self.snapshotDepth + 1
            amount = market.amount()
            market.timeline.stay(by: 0)
        } else if left > 0 {
            left -= 1
            market.timeline.stay(by: 0)
        } else {
            market.timeline.advance(&market.random)
            left = Int((bits >> 20) & 7)
            middle = max(2 * Self.snapshotDepth, middle + Int((bits >> 24) & 3) - Int((bits >> 26) & 3))
        }
        row += 1
        writer.text(market.prefix)
        writer.integerCell(market.timeline.timestamp)
        writer.integerCell(market.timeline.local)
        writer.text(isSnapshot ? Words.yes : Words.no)
        writer.text(isBid ? Words.bid : Words.ask)
        writer.decimalCell(isBid ? middle - offset : middle + offset, scale: market.priceScale)
        writer.decimalCell(amount, scale: market.amountScale)
        writer.endRow()
    }
}

/// How many VMs a limit leaves room for, as far as that is known: from the quotas that were read, and from tries that were
/// refused.
struct QuotaHeadroom {
    /// So many are allowed at most.
    private var most: Int?
    private var refused: Int?
    private(set) var limit = ""

    /// The quotas were read.
    mutating func read(_ line: QuotaFit.Line?) {
        guard let line else { return }
        most = line.fits
        if line.fits < refused ?? Int.max { limit = "the quota \(line)" }
    }

    /// So many were refused because of this.
    mutating func refuse(_ count: Int, _ reason: String) {
        refused = min(refused ?? Int.max, count)
        if limit.isEmpty || most ?? Int.max >= count { limit = reason }
    }

    /// So many were made.
    mutating func take(_ count: Int) {
        most = most.map { max(0, $0 - count) }
        refused = refused.map { max(1, $0 - count) }
    }

    /// How many of `count` to ask for now. Where only refusals are known, half of what was refused last: that finds the
    /// limit in a few steps.
    func next(of count: Int) -> Int {
        var next = min(count, most ?? count)
        if let refused, next >= refused { next = refused / 2 }
        return next
    }
}

/// Whether a column's chunk has a dictionary. A chunk that gave it up has 15 successors without one before it is tried again.
struct DictionaryUsage {
    /// The share of distinct values among the changes above which a chunk is smaller without a dictionary.
    private let mostDistinct: Double
    private(set) var isOn = true
    private var chunksUntilTrial = 0

    init(mostDistinct: Double) { self.mostDistinct = mostDistinct }

    func isTooDistinct(_ entries: Int, of changes: Int) -> Bool { Double(entries) > Double(changes) * mostDistinct }

    mutating func giveUp() { (isOn, chunksUntilTrial) = (false, 15) }

    mutating func nextChunk() {
        isOn = chunksUntilTrial == 0
        if !isOn { chunksUntilTrial -= 1 }
    }
}

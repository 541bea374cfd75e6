/// Remembers, from row group to row group, whether a column is smaller with a dictionary or without.
///
/// The first chunk and every sixteenth after it are encoded both ways and the smaller is kept; those between go the way that won.
struct EncodingChoice {
    private var usesDictionary = true
    private var chunksUntilTrial = 0

    private static let trialInterval = 16

    /// Whether the next chunk is collected with a dictionary.
    var collectsDictionary: Bool { usesDictionary || chunksUntilTrial == 0 }

    /// Whether the current chunk is to be encoded both ways.
    var isTrial: Bool { chunksUntilTrial == 0 }

    /// Notes which way the chunk went.
    mutating func chunkDone(dictionary: Bool) {
        if isTrial {
            usesDictionary = dictionary
            chunksUntilTrial = Self.trialInterval - 1
        } else {
            chunksUntilTrial -= 1
        }
    }
}

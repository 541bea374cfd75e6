import FleetModel
import Common

/// How large files are expected to be. Rough: a day of one symbol may be ten times larger or smaller.
///
/// Source: sizes of single files that others have published, most of them of BTCUSDT, the largest symbol; in one fleet
/// of many symbols files had a mean of 10.3 MB and a median of 3.8 MB. So each figure is about a third of a large symbol's.
enum ExpectedSizes {
    /// Bytes of a day of one instrument, compressed as Tardis sends them.
    static func source(_ type: DataType) -> Int64 {
        switch type {
        // BTCUSDT: 32 MB (spot, 2025), 55 to 64 MB (perpetual, 2026).
        case .trades: 12_000_000
        // BTCUSDT: 10 to 22 MB (2026), 15 to 51 MB at another venue.
        case .bookSnapshot5: 12_000_000
        // Not measured: as changes of the best level are a part of those of five levels, as large as these.
        case .quotes: 12_000_000
        // BTCUSDT: 1.9 MB (2025).
        case .derivativeTicker: 1_500_000
        // BTCUSDT: 25 kB (2025).
        case .liquidations: 25_000
        // BTCUSDT: 404 to 748 MB (2026).
        case .incrementalBookL2: 150_000_000
        // BTCUSDT: 45 MB (2026).
        case .bookSnapshot25: 30_000_000
        // ETHUSDT: 85 MB (2024).
        case .bookTicker: 40_000_000
        // Deribit's: more than 300 MB.
        case .optionsChain: 300_000_000
        }
    }

    /// Bytes of the object written for so many bytes of source. The share is an assumption: gzip and Parquet with zstd come out
    /// about equal on this data.
    static func object(source: Int64) -> Int64 { source }
}

/// How fast files are expected to come. Measured by others on a VM in Tokyo, with files that no cache had.
enum ExpectedRates {
    /// Bytes a second of one file.
    static let stream = 700_000.0
    /// Bytes a second through one address, at best: 32 files at once gave the most, 64 gave less.
    static let address = 21_300_000.0
    /// Files that a VM has under way at once unless it is told otherwise.
    static let streamsPerVM = 32
    /// From the request until the first file is begun.
    static let boot: Duration = .seconds(180)
}

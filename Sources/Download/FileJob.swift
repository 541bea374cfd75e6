import FleetModel
import Common
import Console
import GoogleCloud
import Tardis

/// One file to download: where it comes from, and where it goes.
struct FileJob: Sendable {
    let object: DataObject
    let dataset: Dataset

    init(_ instrument: Instrument, _ dataType: DataType, _ date: CalendarDate) {
        object = DataObject(
            date: date,
            dataType: dataType,
            venue: instrument.venue,
            symbol: instrument.symbol,
            kind: instrument.kind
        )
        dataset = Dataset(
            exchange: instrument.venue.tardisExchange,
            dataType: dataType.rawValue,
            year: date.year,
            month: date.month,
            day: date.day,
            symbol: instrument.symbol
        )
    }

    /// How people know it on a screen.
    var title: String { object.title }
}

/// What became of one file.
struct FileOutcome: Sendable {
    enum Result: Sendable {
        /// Written now, with rows.
        case done
        /// There and whole before.
        case skipped
        /// Written now; the source has no rows.
        case empty
        /// Not to be had at the source.
        case absent(Absence.Proof)
        case failed(FileFailure)
    }

    let job: FileJob
    let result: Result
    var rows: Int64 = 0
    var bytesIn: Int64 = 0
    var bytesOut: Int64 = 0
}

/// Why a file failed, and what that means for the others.
struct FileFailure: Sendable {
    let reason: String
    let status: ExitStatus
    /// Whether every other file would fail in the same way.
    let stopsAll: Bool
    /// Whether Tardis did not accept the key for the file: a wrong key, or one that does not cover it.
    let isRefusedKey: Bool
    /// Whether the file was given up because of another one's failure.
    var isFollowing = false

    init(_ error: any Error) {
        reason = "\(error)"
        status = exitStatus(of: error)
        stopsAll =
            switch error {
            case let error as TardisError:
                error.kind == .quotaGone || error.kind == .refused
            case let error as StorageError: [.bucketMissing, .permission, .unauthenticated, .file].contains(error.kind)
            case is CredentialError: true
            default: false
            }
        isRefusedKey = (error as? TardisError)?.kind == .unauthorized
    }

    init(reason: String, status: ExitStatus, stopsAll: Bool = false) {
        self.reason = reason
        self.status = status
        self.stopsAll = stopsAll
        isRefusedKey = false
    }
}

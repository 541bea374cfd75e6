import Common
public import Console
public import Parquet
public import Ticks
public import Transport

extension TickError: ExitStatusProviding, RetryClassified {
    /// Damaged data is an integrity failure; a missing type is a usage error.
    public var exitStatus: ExitStatus {
        switch kind {
        case .unknownType: .usage
        case .notTicks, .truncated, .corrupt, .header, .row, .encoding: .integrity
        case .cancelled: .failed
        }
    }

    /// What may have been damaged on its way is fetched again; what is wrong in itself is not.
    public var retryAdvice: RetryAdvice {
        switch kind {
        case .truncated, .corrupt, .notTicks: .backoff
        case .header, .row, .unknownType, .encoding, .cancelled: .never
        }
    }
}

extension ParquetError: ExitStatusProviding {
    /// Always `integrity`.
    public var exitStatus: ExitStatus { .integrity }
}

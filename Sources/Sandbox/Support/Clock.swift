import Glibc
import Text

/// Wall-clock times as the stand-ins write them.
public enum Clock {
    /// Seconds since 1970, UTC.
    public static func seconds() -> Int { microseconds() / 1_000_000 }

    /// Microseconds since 1970, UTC.
    static func microseconds() -> Int {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return now.tv_sec * 1_000_000 + now.tv_nsec / 1_000
    }

    /// RFC 3339 with milliseconds, such as `2023-05-23T00:00:00.000Z`.
    static func rfc3339(_ microseconds: Int) -> String {
        CivilTime.rfc3339(epochMicroseconds: Int64(microseconds), decimals: 3)
    }

    /// The form of `Last-Modified`.
    static func httpDate(_ microseconds: Int) -> String {
        var seconds = time_t(microseconds / 1_000_000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        var buffer = [CChar](repeating: 0, count: 64)
        let count = strftime(&buffer, buffer.count, "%a, %d %b %Y %H:%M:%S GMT", &parts)
        return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

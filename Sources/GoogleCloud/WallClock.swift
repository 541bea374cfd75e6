import FoundationEssentials

/// Seconds since 1970, for what ends at a point in time.
public typealias WallClock = @Sendable () -> Int64

public let systemWallClock: WallClock = { Int64(Date().timeIntervalSince1970) }

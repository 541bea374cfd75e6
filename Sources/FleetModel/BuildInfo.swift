/// This kit's name and version, in one place.
public enum BuildInfo {
    public static let version = "0.1.0"

    /// What HTTP requests say about their sender. Tardis's edge refuses libraries' own names.
    public static let userAgent = "market-tick-data-handler/\(version) (+Linux; Swift)"
}

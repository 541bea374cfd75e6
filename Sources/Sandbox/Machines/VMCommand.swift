/// What a VM runs when it has booted.
public struct VMCommand: Sendable, Equatable {
    /// The program and its arguments.
    public var arguments: [String]
    /// Variables of this VM alone, beside those of every VM of the sandbox.
    public var environment: [String: String]

    /// A command.
    public init(_ arguments: [String], environment: [String: String] = [:]) {
        self.arguments = arguments
        self.environment = environment
    }

    /// `vm-data-downloader` for the shard that the VM's metadata describes; the key goes by the environment.
    public static func downloader(_ program: String, _ record: BootRecord) -> VMCommand {
        let metadata = record.metadata
        var arguments = [program]
        for date in (metadata["tick-dates"] ?? "").split(separator: ",") { arguments += ["--date", trimmed(date)] }
        let options = [
            ("--plan", metadata["tick-plan"]), ("--shard-offset", metadata["tick-shard-offset"]),
            ("--vm-name", record.name), ("--bucket", metadata["tick-bucket"]), ("--secret", metadata["tick-secret"]),
        ]
        for (name, value) in options { arguments += value.map { [name, $0] } ?? [] }
        return VMCommand(arguments, environment: metadata["tick-api-key"].map { ["TARDIS_API_KEY": $0] } ?? [:])
    }
}

/// The names by which the kit knows its own in a project.
enum FleetNames {
    enum Label {
        /// Which run made it; the same for the same dates, instruments, types and number of shards.
        static let run = "tick-run"
        /// The run's first date, `2023-05-23`.
        static let date = "tick-date"
        /// The kit's version with dashes for dots; a VM that lacks it is not the kit's.
        static let kit = "tick-kit"
    }

    /// Keys of a VM's metadata, read by the guest agent and `vm-startup-script.sh`.
    enum Metadata {
        /// The script that the image's guest agent runs at each boot.
        static let startupScript = "startup-script"
        /// The script that it runs when the VM is turned off, while the network is there.
        static let shutdownScript = "shutdown-script"
        static let dates = "tick-dates"
        /// The plan's name within `_runs/DATE/`, the same for all dates: `plan.json`.
        static let plan = "tick-plan"
        /// The number of the first shard's VM: shard = number in the VM's name − this.
        static let shardOffset = "tick-shard-offset"
        /// How many shards the plan has.
        static let shards = "tick-shards"
        /// The bucket, `gs://NAME`.
        static let bucket = "tick-bucket"
        static let image = "tick-image"
        /// The Tardis key's secret version, `projects/P/secrets/NAME/versions/N`.
        static let secret = "tick-secret"
        /// The Tardis key itself, where there is no Secret Manager.
        static let plainKey = "tick-api-key"
        /// `true` when the VM stays when its work is over.
        static let keepVM = "tick-keep-vm"
    }

    /// The shared egress of a region.
    enum Egress {
        static let address = "tick-data-egress"
        static let router = "tick-data-router"
        static let nat = "tick-data-nat"
    }

    /// The VM of a number: `tick-data-vm-7`.
    static func vm(_ prefix: String, _ number: Int) -> String { "\(prefix)-\(number)" }

    /// The number in a VM's name; nil when the name is not the prefix, a dash and a number as `vm` writes it.
    /// More would not be a number to the VMs' script.
    private static let largest = 999_000_000

    static func number(of name: String, prefix: String) -> Int? {
        guard name.hasPrefix(prefix + "-"), let number = Int(name.dropFirst(prefix.count + 1)),
            (0...Self.largest).contains(number),
            name == vm(prefix, number)
        else { return nil }
        return number
    }
}

public import Console

/// Which shard a VM downloads: the number in its name, less the number of the run's first VM.
public enum ShardNumber {
    /// The shard of the VM `PREFIX-NUMBER`. Throws `UsageError` when the name has no number, or one below the offset.
    public static func shard(ofVM name: String, offset: Int) throws(UsageError) -> Int {
        let digits = name.split(separator: "-", omittingEmptySubsequences: false).last ?? ""
        guard name.utf8.count > digits.utf8.count + 1, let number = Int(digits), "\(number)" == digits else {
            throw UsageError(
                "--vm-name \(name) does not end in a dash and a number, from which --shard-offset \(offset) could tell the shard"
            )
        }
        guard number >= offset else {
            throw UsageError("--vm-name \(name) has the number \(number), which is below --shard-offset \(offset)")
        }
        return number - offset
    }

    /// Checks a shard against a plan. Throws `UsageError` when the plan has no such shard; `origin` says whence the number is.
    public static func check(_ shard: Int, origin: String, plan: Plan) throws(UsageError) {
        guard shard >= plan.shards else { return }
        throw UsageError(
            "\(origin) is shard \(shard), but the plan of \(plan.date) has \(plan.shards) shards, counted from 0"
        )
    }
}

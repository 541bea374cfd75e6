/// Lets at most `limit` transfers a host run at a time; the others wait their turn. Waiting is done here and not in libcurl,
/// because there the time in the queue would count as time to connect.
struct PerHostLimiter<Item> {
    let limit: Int
    private var running: [String: Int] = [:]
    private var waiting: [String: [Item]] = [:]

    init(limit: Int) {
        self.limit = limit
    }

    /// The item when it may start now, nil when it has to wait.
    mutating func enter(_ item: Item, host: String) -> Item? {
        guard running[host, default: 0] < limit else {
            waiting[host, default: []].append(item)
            return nil
        }
        running[host, default: 0] += 1
        return item
    }

    /// A transfer has ended: the next item of its host that starts in its place, if any.
    mutating func leave(host: String) -> Item? {
        if var line = waiting[host], !line.isEmpty {
            let next = line.removeFirst()
            waiting[host] = line.isEmpty ? nil : line
            return next
        }
        let left = running[host, default: 1] - 1
        running[host] = left > 0 ? left : nil
        return nil
    }

    /// Takes a waiting item out of the line; false when it does not wait.
    mutating func withdraw(host: String, where matches: (Item) -> Bool) -> Bool {
        guard var line = waiting[host], let index = line.firstIndex(where: matches) else { return false }
        line.remove(at: index)
        waiting[host] = line.isEmpty ? nil : line
        return true
    }
}

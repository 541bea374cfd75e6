import FleetModel
import Common
import Console
import GoogleCloud
import Text

extension MonitorText {
    /// `vms`: the kit's VMs, one a line; with the shards of a date where there is one.
    func vms(_ members: [ManagedVM], report: DateReport?, now: Int64) -> String {
        guard !members.isEmpty else {
            return sentence(report.map { "no VM works on \($0.date)" } ?? "no VM of the kit is there")
        }
        let shards = Dictionary((report?.shards ?? []).compactMap { shard in shard.vm.map { ($0, shard) } }) { one, _ in
            one
        }
        var columns: [TextTable.Column] = [
            .init("NAME"), .init("ZONE", shrinksTo: 8), .init("STATUS"), .init("AGE", alignRight: true),
            .init("SHARD", alignRight: true),
        ]
        if report == nil {
            columns += [.init("SPOT"), .init("DATES", shrinksTo: 10), .init("RUN", shrinksTo: 8)]
        } else {
            columns += [.init("STATE"), .init("FILES", alignRight: true), .init("DOING", shrinksTo: 6)]
        }
        var table = TextTable(columns)
        for member in members {
            let shard = shards[member.vm.name]
            var cells = cells(member, shard?.shard ?? member.shard, now)
            if report == nil {
                cells.append(member.vm.isPreemptible ? "yes" : "no")
                cells.append(.init(NameList.text(member.dates.map(\.description), limit: 2)))
                cells.append(.init(member.run ?? "-"))
            } else if let shard {
                cells.append(.init(shard.phase.rawValue, Self.style(shard.phase)))
                cells.append(.init("\(shard.counts.settled)/\(shard.counts.expected)"))
                cells.append(.init(Self.doing(shard)))
            } else {
                cells += ["-", "-", ""]
            }
            table.add(cells)
        }
        let counts = members.reduce(into: [:]) { $0[$1.vm.status.rawValue, default: 0] += 1 }
            .sorted { $0.key < $1.key }.map { (name: $0.key, count: $0.value) }
        return self.table(table) + "\n" + sentence("\(members.count) in all: \(Self.counts(counts))")
    }

    private func cells(_ member: ManagedVM, _ shard: Int?, _ now: Int64) -> [TextTable.Cell] {
        let vm = member.vm
        let created = CivilTime.epochMicroseconds(rfc3339: vm.created)
        return [
            .init(vm.name), .init(vm.zone), .init(vm.status.rawValue, vm.status.isAlive ? .cyan : .yellow),
            .init(Self.age(created, now)), .init(shard.map { "\($0)" } ?? "-"),
        ]
    }
}

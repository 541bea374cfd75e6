extension ComputeService {
    /// Preempts the running VM of a name, wherever it is; false when there is none.
    @discardableResult
    public func preempt(_ name: String) -> Bool {
        withState { state in
            let found = state.instances.values.filter {
                $0.key.name == name && $0.status == .running && $0.ending == nil
            }
            for instance in found {
                end(instance.key, deletes: instance.isDeletedAtEnd, isPreemption: true, nil, &state)
            }
            return !found.isEmpty
        }
    }

    /// Counts what a VM has downloaded in this life; some faults wait for that.
    public func noteTraffic(vm name: String, bytes: Int) {
        withState { state in
            for key in state.instances.keys where key.name == name && state.instances[key]?.status == .running {
                state.instances[key]?.bytes += bytes
                let total = state.instances[key]?.bytes ?? 0
                guard state.faults.isPreempted(name, bytes: total) else { continue }
                let deletes = state.instances[key]?.isDeletedAtEnd ?? false
                end(key, deletes: deletes, isPreemption: true, nil, &state)
            }
        }
    }

    /// Starts what random preemptions there are to be, when VMs have come up.
    func startSeries(_ state: inout ComputeState) {
        for index in state.faults.series.indices where !state.faults.series[index].isWaiting {
            scheduleNext(index, &state)
        }
    }

    private func scheduleNext(_ index: Int, _ state: inout ComputeState) {
        guard state.faults.series.indices.contains(index), state.faults.series[index].left > 0 else { return }
        let between = state.faults.series[index].between
        let delay = between.lowerBound + state.faults.series[index].random.below(between.count)
        let number = state.faults.number
        state.faults.series[index].isWaiting = true
        later(delay) { service, state in
            guard state.faults.number == number, state.faults.series.indices.contains(index) else { return }
            state.faults.series[index].isWaiting = false
            let choice = state.instances.values
                .filter { $0.isPreemptible && $0.status == .running && $0.ending == nil }
                .sorted { $0.key < $1.key }
            // None runs: the next boot starts the series again.
            guard !choice.isEmpty else { return }
            let victim = choice[state.faults.series[index].random.below(choice.count)]
            state.faults.series[index].left -= 1
            service.end(victim.key, deletes: victim.isDeletedAtEnd, isPreemption: true, nil, &state)
            service.scheduleNext(index, &state)
        }
    }
}

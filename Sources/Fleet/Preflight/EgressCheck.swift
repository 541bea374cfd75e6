import Console
import GoogleCloud
import Tardis

/// How VMs reach the internet, and whether that can be had.
struct EgressCheck: Sendable {
    let spec: LaunchSpec
    /// Living VMs of the kit that work for other runs, with the same key as far as anybody knows.
    let others: [ComputeInstance]

    enum Way: Sendable, Equatable {
        /// All from one address, for which this has to be made.
        case shared(EgressPlan)
        /// All from the address of what another project has made for them (Shared VPC).
        case provided
        /// Each from an address of its own.
        case direct
    }

    /// Whether VMs share an address, with the key's plan as far as it is known.
    func isShared(_ key: KeyInfo?) -> Bool {
        switch spec.egress {
        case .shared: true
        case .direct: false
        case .auto: spec.run.shards + others.count > 1 && key?.allowsSeveralAddresses != true
        }
    }

    /// What there is, against what is wanted.
    func check(_ key: KeyInfo?, _ state: EgressState?) -> CheckOutcome<Way> {
        guard isShared(key) else { return CheckOutcome(.direct, [direct(key)]) }
        if let host = spec.hostProject { return provided(by: host, state) }
        guard let state else { return CheckOutcome(nil) }
        do {
            let plan = try EgressPlan(state)
            let text =
                if !plan.steps.isEmpty {
                    "shared; to do: \(plan.steps.map(\.text).joined(separator: ", "))"
                } else if let borrowed = plan.borrowed {
                    "shared, through \(borrowed), which is there already"
                } else {
                    "shared, from \(state.address?.address ?? FleetNames.Egress.address)"
                }
            return CheckOutcome(.shared(plan), [CheckResult("egress", .fine, text)] + apart(key))
        } catch {
            return CheckOutcome(nil, [CheckResult("egress", error, isAboutLaunch: true)])
        }
    }

    /// In a Shared VPC, Cloud NAT is the host project's: the kit uses it and makes none.
    private func provided(by host: String, _ state: EgressState?) -> CheckOutcome<Way> {
        guard let state else {
            let text =
                "shared, if the host project \(host) has Cloud NAT with one address and Private Google Access for the "
                + "subnetwork, which could not be looked up"
            return CheckOutcome(.provided, [CheckResult("egress", .warning, text, isAboutLaunch: true)])
        }
        do {
            let plan = try EgressPlan(state)
            guard plan.steps.isEmpty else {
                let missing = plan.steps.map { step in
                    step == .allowGoogleAccess ? "Private Google Access" : "Cloud NAT with one reserved address"
                }
                let text =
                    "the host project \(host) lacks \(Set(missing).sorted().joined(separator: " and ")) for subnetwork "
                    + "\(plan.subnetwork); ask who manages it, or use --egress direct"
                return CheckOutcome(nil, [CheckResult("egress", .error(.usage), text, isAboutLaunch: true)])
            }
            let text = "shared, through \(plan.borrowed ?? FleetNames.Egress.router) of \(host)"
            return CheckOutcome(.provided, [CheckResult("egress", .fine, text)])
        } catch {
            return CheckOutcome(nil, [CheckResult("egress", error, isAboutLaunch: true)])
        }
    }

    /// Others that do not share the address.
    private func apart(_ key: KeyInfo?) -> [CheckResult] {
        let apart = others.filter { !$0.externalAddresses.isEmpty }
        guard !apart.isEmpty, !spec.isFree, key?.allowsSeveralAddresses != true else { return [] }
        let names = NameList.text(apart.map(\.name))
        let text =
            "\(names) of another run \(apart.count == 1 ? "has an address of its" : "have addresses of their") own: while "
            + "\(apart.count == 1 ? "it downloads" : "they download"), these VMs wait for the key (403, code 274)"
        return [CheckResult("egress", .warning, text, isAboutLaunch: true)]
    }

    private func direct(_ key: KeyInfo?) -> CheckResult {
        let vms = spec.run.shards + others.count
        guard vms > 1, !spec.isFree, key?.allowsSeveralAddresses != true else {
            return CheckResult(
                "egress",
                .fine,
                vms == 1 ? "an address of the VM's own" : "an address of its own for each VM"
            )
        }
        let plan = key.map { "the key's plan (\($0.plan))" } ?? "an ordinary plan"
        return CheckResult(
            "egress",
            .warning,
            "direct: \(vms) VMs have \(vms) addresses, and \(plan) serves one at a time: one VM downloads while the others wait "
                + "for the key (403, code 274), 15 minutes at a time; --egress shared gives all of them one address",
            isAboutLaunch: true
        )
    }
}

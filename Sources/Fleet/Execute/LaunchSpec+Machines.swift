import GoogleCloud

extension LaunchSpec {
    /// What one VM takes of the quotas.
    func shape(_ type: ComputeMachineType?, isDirect: Bool) -> MachineShape {
        MachineShape(
            machineType: machine.type,
            vCPUs: type?.vCPUs,
            diskGigabytes: machine.diskGigabytes,
            diskType: machine.diskType,
            isPreemptible: machine.isPreemptible,
            hasExternalAddress: isDirect
        )
    }

    /// What a request of the launch asks Compute Engine for.
    func new(_ request: LaunchMachine.Request, _ place: MachineCheck.Facts, isDirect: Bool, metadata: [String: String])
        -> NewInstances
    {
        var new = NewInstances(
            names: request.names,
            minimum: request.minimum,
            machineType: machine.type,
            sourceImage: "projects/\(machine.imageProject)/global/images/family/\(machine.imageFamily)",
            diskGigabytes: machine.diskGigabytes,
            diskType: machine.diskType,
            // A shared subnetwork includes its network, which is not this project's.
            network: hostProject == nil ? "global/networks/\(place.network)" : nil,
            subnetwork: place.subnetwork.isEmpty
                ? nil
                : (hostProject.map { "projects/\($0)/" } ?? "")
                    + "regions/\(place.region.name)/subnetworks/\(place.subnetwork)",
            hasExternalAddress: isDirect,
            serviceAccount: serviceAccount,
            labels: run.labels,
            metadata: metadata,
            provisioning: machine.isPreemptible ? .spot : .standard,
            termination: machine.isKept ? .stop : .delete,
            maxRunSeconds: machine.maxRunSeconds
        )
        new.isShielded = machine.isShielded
        return new
    }
}

import FleetModel
import Common
import GoogleCloud

extension CleanupReport.Line {
    /// Something that could not be done.
    static func failure(_ subject: CleanupReport.Subject, _ name: String, _ error: GoogleAPIError) -> Self {
        Self(subject, name, place: "", result: .failed(exitStatus(of: error)), note: "\(error)")
    }

    /// Takes an error: what is gone already is none.
    mutating func note(_ error: GoogleAPIError) {
        guard error.kind != .notFound else {
            result = .gone
            return
        }
        result = .failed(exitStatus(of: error))
        note = "\(error)"
    }
}

extension CleanupChoice.Item {
    /// The VM's line of a report.
    func line(_ result: CleanupReport.Result, note: String? = nil) -> CleanupReport.Line {
        CleanupReport.Line(
            .vm,
            member.vm.name,
            place: member.vm.zone,
            state: member.vm.status.rawValue,
            dates: member.dates.map(\.description),
            result: result,
            note: note ?? atWork
        )
    }

    func line(after outcome: MassDelete.Outcome) -> CleanupReport.Line {
        switch outcome {
        case .deleted: return line(.deleted)
        case .gone: return line(.gone)
        case .stillThere: return line(.stillThere, note: "its deletion was accepted; look at it in a few minutes")
        case .failed(let error):
            var line = line(.deleted)
            line.note(error)
            return line
        }
    }
}

extension ComputeDisk {
    /// The disk's line of a report.
    func line(_ result: CleanupReport.Result) -> CleanupReport.Line {
        CleanupReport.Line(.disk, name, place: zone, state: "\(gigabytes) GB", result: result)
    }
}

extension EgressRemoval {
    /// The egress's line of a report; what has an obstacle is left in any case.
    func line(_ result: CleanupReport.Result) -> CleanupReport.Line {
        CleanupReport.Line(
            .egress,
            names.joined(separator: ", "),
            place: region,
            result: obstacle == nil ? result : .left,
            note: obstacle
        )
    }
}

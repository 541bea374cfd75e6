import FleetModel
import Console
import Text

/// One look at something: the screen, the document, and what it means for a script.
struct MonitorSnapshot {
    /// The screen for a width (nil: nothing is cut) with or without colour.
    let text: (MonitorText) -> String
    let json: JSONObject
    /// How the dates looked at stand.
    let verdict: DateState.Verdict
    /// The status whatever the options; nil leaves it to `--exit-status`.
    var status: ExitStatus?
}

extension DateState.Verdict {
    /// What `--exit-status` makes of it.
    var status: ExitStatus {
        switch self {
        case .whole: .done
        case .working: .temporary
        case .incomplete: .incomplete
        }
    }

    /// The worst of several; where there is none, nothing is complete.
    static func worst(_ verdicts: [DateState.Verdict]) -> DateState.Verdict {
        if verdicts.isEmpty || verdicts.contains(.incomplete) { return .incomplete }
        return verdicts.contains(.working) ? .working : .whole
    }
}

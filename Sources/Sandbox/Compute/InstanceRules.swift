import Text

/// How a VM may be scheduled.
enum SchedulingRules {
    /// The scheduling as the platform stores it: what was asked for and the defaults.
    static func checked(_ wanted: JSONValue?, _ field: String) throws -> JSONObject {
        var scheduling = wanted?.object ?? [:]
        let model = scheduling["provisioningModel"]?.string ?? "STANDARD"
        guard model == "SPOT" || model == "STANDARD" else {
            throw Refusal.google(501, "notImplemented", "The sandbox offers no provisioning model \(model).")
        }
        if model == "SPOT", scheduling["preemptible"] == false {
            throw Refusal.invalid("\(field).preemptible", "false", "Scheduling must be preemptible for Spot VMs.")
        }
        let isPreemptible = model == "SPOT" || scheduling["preemptible"] == true
        let runsLimited = scheduling["maxRunDuration"] != nil
        if isPreemptible, scheduling["automaticRestart"] == true {
            let why = "Scheduling must have preemptible be false when AutomaticRestart is true."
            throw Refusal.invalid("\(field).preemptible", "true", why)
        }
        if isPreemptible, scheduling["onHostMaintenance"] == "MIGRATE" {
            let why = "Preemptible VM cannot be live migrated; onHostMaintenance must be TERMINATE."
            throw Refusal.invalid("\(field).onHostMaintenance", "MIGRATE", why)
        }
        if scheduling["terminationTime"] != nil {
            throw Refusal.google(501, "notImplemented", "The sandbox offers no terminationTime, only maxRunDuration.")
        }
        if let duration = scheduling["maxRunDuration"] {
            guard let seconds = duration["seconds"]?.integer, (30...10_368_000).contains(seconds) else {
                let why = "Max run duration must be between 30 seconds and 120 days."
                throw Refusal.invalid("\(field).maxRunDuration", duration.text(), why)
            }
            guard ["STOP", "DELETE"].contains(scheduling["instanceTerminationAction"]?.string) else {
                let why = "You must specify an instance termination action when a max run duration is set."
                throw Refusal.invalid("\(field).instanceTerminationAction", "", why)
            }
        }
        if scheduling["instanceTerminationAction"] != nil, model != "SPOT", !runsLimited {
            let why = "An instance termination action needs a Spot VM or a limited run time."
            throw Refusal.invalid("\(field).instanceTerminationAction", "", why)
        }
        if scheduling["onHostMaintenance"] == nil {
            scheduling["onHostMaintenance"] = isPreemptible || runsLimited ? "TERMINATE" : "MIGRATE"
        }
        if scheduling["automaticRestart"] == nil {
            scheduling["automaticRestart"] = .bool(!isPreemptible && !runsLimited)
        }
        scheduling["preemptible"] = .bool(isPreemptible)
        scheduling["provisioningModel"] = .string(model)
        return scheduling
    }
}

enum LabelRules {
    static func checked(_ wanted: JSONValue?, _ field: String) throws -> JSONObject {
        let labels = wanted?.object ?? [:]
        guard labels.members.count <= 64 else {
            throw Refusal.invalid(field, "", "A resource can have at most 64 labels.")
        }
        for label in labels.members {
            let value = label.value.string ?? ""
            let startsWell = label.key.unicodeScalars.first.map { $0.properties.isAlphabetic } ?? false
            guard startsWell, fits(label.key) else {
                let why = "Label key '\(label.key)' violates format constraints."
                throw Refusal.invalid(field, label.key, why + rule + " The key must start with a lowercase character.")
            }
            guard fits(value) else {
                let why = "Label value '\(value)' violates format constraints."
                throw Refusal.invalid("\(field).\(label.key)", value, why + rule)
            }
        }
        return labels
    }

    private static let rule =
        " It can only contain lowercase letters, numeric characters, underscores and dashes, at most 63 characters."

    private static func fits(_ text: String) -> Bool {
        text.unicodeScalars.count <= 63
            && text.unicodeScalars.allSatisfy { scalar in
                let isUpper = scalar.properties.isUppercase || scalar.properties.generalCategory == .titlecaseLetter
                let isLetter = scalar.properties.isAlphabetic && !isUpper
                return isLetter || scalar.properties.numericType != nil || scalar == "_" || scalar == "-"
            }
    }
}

enum MetadataRules {
    static func checked(_ wanted: JSONValue?, _ field: String) throws -> JSONObject {
        let items = wanted?["items"]?.array ?? []
        var keys: Set<String> = []
        var total = 0
        for (index, item) in items.enumerated() {
            let key = item["key"]?.string ?? ""
            let value = item["value"]?.string ?? ""
            let place = "\(field).items[\(index)]"
            guard wholeMatch(key, pattern: "[a-zA-Z0-9_-]{1,128}") else {
                throw Refusal.invalid("\(place).key", key, "Must be a match of regex '[a-zA-Z0-9-_]{1,128}'")
            }
            guard keys.insert(key).inserted else {
                throw Refusal.invalid("\(place).key", key, "Metadata has duplicate keys: \(key)")
            }
            guard value.utf8.count <= 262_144 else {
                throw Refusal.invalid("\(place).value", key, "Metadata value is too large: at most 262144 bytes.")
            }
            total += key.utf8.count + value.utf8.count
        }
        guard total <= 524_288 else {
            throw Refusal.invalid(field, "", "Metadata is too large: at most 524288 bytes in all.")
        }
        return shown(items)
    }

    /// Items with their fingerprint.
    static func shown(_ items: [JSONValue]) -> JSONObject {
        var metadata: JSONObject = ["kind": "compute#metadata", "fingerprint": .string(fingerprint(.array(items)))]
        if !items.isEmpty { metadata["items"] = .array(items) }
        return metadata
    }
}

/// A short digest of a part of a resource, which a change must carry.
func fingerprint(_ value: JSONValue) -> String {
    var generator = SplitMix(text: value.text())
    return base64(withUnsafeBytes(of: generator.next()) { Array($0) })
}

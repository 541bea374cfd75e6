import FoundationEssentials

/// The value as JSON with its members by name, so that a request says the same each time.
func jsonBytes(_ value: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return [UInt8](try encoder.encode(value))
}

/// The value in a JSON text.
func decoded<T: Decodable>(_ json: [UInt8], as type: T.Type = T.self) throws -> T {
    try JSONDecoder().decode(type, from: Data(json))
}

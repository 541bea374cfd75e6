import Console
import Text

/// Takes typed members out of a JSON document of the kit's own, naming document and member when one is not as it should be.
struct DocumentReader {
    let document: String
    let value: JSONValue

    /// Reads the bytes and checks that the document is of the schema that this version knows.
    init(_ bytes: [UInt8], document: String, schema: Int64) throws {
        self.document = document
        do {
            value = try JSONValue(parsing: bytes)
        } catch {
            throw DocumentError(document: document, reason: "\(error)")
        }
        let found: Int64 = try int("schema")
        guard found == schema else {
            throw DocumentError(
                document: document,
                reason:
                    "it has schema \(found) and this version \(BuildInfo.version) knows schema \(schema); use the version that wrote it"
            )
        }
    }

    init(_ value: JSONValue, document: String) {
        self.value = value
        self.document = document
    }

    func error(_ key: String) -> DocumentError {
        DocumentError(document: document, reason: "\"\(key)\" is missing or not as it should be")
    }

    func string(_ key: String) throws -> String {
        guard let text = value[key]?.string else { throw error(key) }
        return text
    }

    func int(_ key: String) throws -> Int64 {
        guard let number = value[key]?.int else { throw error(key) }
        return number
    }

    func int(_ key: String, _ bounds: ClosedRange<Int64>) throws -> Int64 {
        guard let number = bounds.containing(try int(key)) else { throw error(key) }
        return number
    }

    func parsed<T>(_ key: String, _ make: (String) -> T?) throws -> T {
        guard let value = make(try string(key)) else { throw error(key) }
        return value
    }

    func object(_ key: String) throws -> DocumentReader {
        guard let value = value[key], value.object != nil else { throw error(key) }
        return DocumentReader(value, document: document)
    }

    func array(_ key: String) throws -> [DocumentReader] {
        guard let elements = value[key]?.array else { throw error(key) }
        return elements.map { DocumentReader($0, document: document) }
    }

    func strings(_ key: String) throws -> [String] {
        try array(key).map { element in
            guard let text = element.value.string else { throw error(key) }
            return text
        }
    }
}

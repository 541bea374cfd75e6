/// A file that the source does not have, and what proves it: an answer of the source's catalogue. Settles the object that it names,
/// for the plan under which it was found, and nothing else.
public struct Absence: Sendable, Equatable {
    public struct Proof: Sendable, Equatable {
        public var catalogue: String
        /// When it was read, in microseconds since 1970.
        public var read: Int64
        /// What it says of the file, as a sentence.
        public var reason: String

        public init(catalogue: String, read: Int64, reason: String) {
            self.catalogue = catalogue
            self.read = read
            self.reason = reason
        }
    }

    public var object: String
    /// Nil where only the name is known, from the metadata of a heartbeat whose document has it.
    public var proof: Proof?

    public init(object: String, proof: Proof?) {
        self.object = object
        self.proof = proof
    }
}

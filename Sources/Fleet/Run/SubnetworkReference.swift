/// A subnetwork as people name it: `NAME`, or by its path where it is another project's:
/// `projects/HOST/regions/REGION/subnetworks/NAME`.
struct SubnetworkReference: Sendable, Equatable {
    /// The project that it belongs to; nil for the VMs' own.
    let hostProject: String?
    /// Its region; nil where only the name is given.
    let region: String?
    /// The bare name.
    let name: String

    /// Reads a name, a path, or the URL that ends in one; nil for anything else.
    init?(_ text: String) {
        guard text.contains("/") else {
            guard !text.isEmpty, text.utf8.allSatisfy(Self.isPlain) else { return nil }
            (hostProject, region, name) = (nil, nil, text)
            return
        }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).suffix(6).map(String.init)
        guard parts.count == 6, parts[0] == "projects", parts[2] == "regions", parts[4] == "subnetworks",
            parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(Self.isPlain) })
        else { return nil }
        (hostProject, region, name) = (parts[1], parts[3], parts[5])
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        let character = Character(UnicodeScalar(byte))
        return byte < 0x80 && (character.isLetter || character.isNumber || "-.:".contains(character))
    }
}

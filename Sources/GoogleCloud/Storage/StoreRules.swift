/// What the stores of this module have in common.
extension Precondition {
    /// Throws unless `there`, the generation of what stands under the name, is as it must be.
    func check(_ there: Int64?, operation: String) throws(StorageError) {
        let holds =
            switch self {
            case .none: true
            case .absent: there == nil
            case .generation(let wanted): there == wanted
            }
        if !holds { throw .conflict(operation) }
    }
}

extension PutOptions {
    /// The same with more metadata; the later value wins.
    func adding(_ more: [String: String]) -> PutOptions {
        var options = self
        options.metadata.merge(more) { $1 }
        return options
    }
}

extension ObjectInfo {
    /// Applies a metadata patch.
    mutating func apply(_ patch: [String: String?]) {
        for (key, value) in patch { metadata[key] = value }
        metageneration += 1
    }
}

extension Range<Int64> {
    /// The part of an object of `size` bytes that lies in the range.
    func clamped(toSize size: Int) -> Range<Int> {
        let all = 0..<Int64(size)
        let part = clamped(to: all)
        return Int(part.lowerBound)..<Int(part.upperBound)
    }
}

extension StorageError {
    static func conflict(_ operation: String) -> StorageError {
        StorageError(
            .preconditionFailed,
            operation: operation,
            detail: "another writer was first; look at what is there before writing again"
        )
    }

    static func uploadHasEnded(_ name: String) -> StorageError {
        StorageError(.invalid, operation: "upload \(name)", detail: "this upload has ended already; begin a new one")
    }
}

import FoundationEssentials

/// What a `DirectoryStore` remembers of the content of one name, in a hidden file of its own.
///
/// A sidecar and not extended attributes, because those are missing on older tmpfs, many network file systems and some
/// container mounts, and do not survive a plain copy. The order of writing makes it as safe: the record of a new content is
/// on disk *before* the content gets its name, and says by inode, time and size which file it belongs to. So at any moment
/// a file under its final name has its record. The record of the content that is being replaced stays beside it, for a
/// writer that is killed in between.
struct DirectoryRecord: Codable, Equatable {
    var name: String
    var contents: [Content]

    struct Content: Codable, Equatable {
        let file: FileIdentity
        let crc32c: UInt32
        let generation: Int64
        var metageneration: Int64
        let contentType: String
        let updated: String
        var metadata: [String: String]

        func info(_ name: String) -> ObjectInfo {
            ObjectInfo(
                name: name,
                size: file.size,
                crc32c: crc32c,
                generation: generation,
                metageneration: metageneration,
                contentType: contentType,
                updated: updated,
                metadata: metadata
            )
        }
    }

    func content(of file: FileIdentity) -> Content? {
        contents.first { $0.file == file }
    }

    /// The content with these bytes, for a file that was copied or moved here and so is another file.
    func content(size: Int64, crc32c: UInt32) -> Content? {
        contents.first { $0.file.size == size && $0.crc32c == crc32c }
    }
}

/// Which file this is, as long as nobody copies it: renaming keeps all three.
struct FileIdentity: Codable, Equatable {
    let inode: UInt64
    let modifiedNanoseconds: Int64
    let size: Int64
}

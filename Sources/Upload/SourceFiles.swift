import Glibc

/// A file and the object that it becomes.
struct SourceFile: Sendable, Equatable {
    let path: String
    let object: String
    let size: Int64
    /// The folder of the kit's own that it is in, and its name there; nil for a file of anybody.
    var origin: Origin?

    struct Origin: Sendable, Equatable {
        let folder: String
        let name: String
    }
}

/// What the paths of a command line stand for.
struct SourceFiles {
    /// The files, in the order of the command line and by name within folders.
    private(set) var files: [SourceFile] = []
    /// What cannot be read, with the reason.
    private(set) var unreadable: [(path: String, reason: String)] = []
    /// What is neither a file nor a folder of files.
    private(set) var ignored: [String] = []

    /// A local store's own bookkeeping is no data.
    private static let bookkeeping = ".tick-store"

    /// Collects the files; throws for a path of which nothing is there.
    init(_ paths: [String], prefix: String) throws(MissingPath) {
        for path in paths {
            guard let status = Self.status(path) else { throw MissingPath(path: path, code: errno) }
            if status.st_mode & S_IFMT == S_IFDIR {
                walk(path, prefix, nil)
            } else if status.st_mode & S_IFMT != S_IFREG {
                // Who names it means it; within a folder it is left out.
                unreadable.append((path, "this is neither a file nor a folder"))
            } else {
                let name = path.split(separator: "/").last.map(String.init) ?? path
                add(path, prefix + name, status)
            }
        }
    }

    /// A path of the command line that is not there.
    struct MissingPath: Error {
        let path: String
        let code: Int32
    }

    /// The first two paths that would become the same object.
    var collision: (first: String, second: String)? {
        var seen: [String: String] = [:]
        for file in files {
            if let first = seen.updateValue(file.path, forKey: file.object) { return (first, file.path) }
        }
        return nil
    }

    private mutating func walk(_ folder: String, _ prefix: String, _ outer: SourceFile.Origin?) {
        guard let names = Self.names(folder) else {
            unreadable.append((folder, "the folder cannot be read"))
            return
        }
        // Made text of, such a name would be another file's.
        for name in names where String(validating: name, as: UTF8.self) == nil {
            unreadable.append(
                ("\(folder)/\(String(decoding: name, as: UTF8.self))", "its name is not UTF-8, as objects' names are")
            )
        }
        let entries = names.compactMap { String(validating: $0, as: UTF8.self) }.sorted()
        // Such a folder was filled by the kit, and knows more of its files than they tell by themselves.
        let origin = entries.contains(Self.bookkeeping) ? SourceFile.Origin(folder: folder, name: "") : outer
        for entry in entries where entry != Self.bookkeeping {
            let path = folder.hasSuffix("/") ? folder + entry : "\(folder)/\(entry)"
            guard let status = Self.status(path) else {
                unreadable.append((path, String(cString: strerror(errno))))
                continue
            }
            if status.st_mode & S_IFMT != S_IFDIR {
                add(path, prefix + entry, status, origin.map { .init(folder: $0.folder, name: $0.name + entry) })
            } else if Self.isLink(path) {
                // Links to folders may go in circles.
                ignored.append(path)
            } else {
                walk(path, "\(prefix)\(entry)/", origin.map { .init(folder: $0.folder, name: "\($0.name)\(entry)/") })
            }
        }
    }

    /// What is in a folder, names as they are; nil when it cannot be read.
    private static func names(_ folder: String) -> [[UInt8]]? {
        guard let directory = opendir(folder) else { return nil }
        defer { closedir(directory) }
        var names: [[UInt8]] = []
        while true {
            errno = 0
            guard let entry = readdir(directory) else { return errno == 0 ? names : nil }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if name != Array(".".utf8), name != Array("..".utf8) { names.append(name) }
        }
    }

    private mutating func add(_ path: String, _ object: String, _ status: stat, _ origin: SourceFile.Origin? = nil) {
        if status.st_mode & S_IFMT == S_IFREG {
            files.append(SourceFile(path: path, object: object, size: Int64(status.st_size), origin: origin))
        } else {
            ignored.append(path)
        }
    }

    private static func status(_ path: String) -> stat? {
        var status = stat()
        return stat(path, &status) == 0 ? status : nil
    }

    private static func isLink(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
    }
}

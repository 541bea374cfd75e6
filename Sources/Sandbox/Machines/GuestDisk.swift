import Glibc

/// What VMs have on their disks: a few of this machine's programs, and stand-ins for those that would change this machine.
///
/// A VM finds no other programs than these, so that a script which works here wants nothing that a bare VM has not.
struct GuestDisk: Sendable {
    /// Folder of the programs that every VM has.
    private let programs: String
    private let directory: String

    /// What Debian and Ubuntu have from the start, as far as a startup script uses it.
    private static let borrowed = [
        "bash", "cat", "curl", "cut", "date", "dirname", "env", "grep", "head", "ln", "mkdir", "readlink", "rm", "sed",
        "sh",
        "sleep", "sort", "tail", "tee", "timeout", "tr", "wc",
    ]

    /// Puts the programs below a directory, beside which the VMs' own folders come.
    init(directory: String) throws {
        self.directory = directory
        programs = "\(directory)/guest/programs"
        let standIns = "\(directory)/guest/stand-ins"
        try Files.makeDirectory(standIns)
        try Files.makeDirectory(programs)
        let texts = [
            ("apt-get", PackageResources.apt_get), ("docker", PackageResources.docker),
            ("shutdown", PackageResources.shutdown),
        ]
        for (name, bytes) in texts {
            let path = "\(standIns)/\(name)"
            try Files.replace(path, with: String(decoding: bytes, as: UTF8.self))
            guard chmod(path, 0o755) == 0 else { throw SandboxError.system("make \(path) a program") }
        }
        // Docker is not there before apt-get has put it there.
        for name in ["apt-get", "shutdown"] { try Self.link("\(standIns)/\(name)", as: "\(programs)/\(name)") }
        for name in Self.borrowed {
            let folders = ["/usr/local/bin", "/usr/bin", "/bin"]
            guard let folder = folders.first(where: { access("\($0)/\(name)", X_OK) == 0 }) else {
                throw SandboxError(
                    "VMs need \(name), which this machine has not in \(folders.joined(separator: ", ")); install it"
                )
            }
            try Self.link("\(folder)/\(name)", as: "\(programs)/\(name)")
        }
    }

    /// A VM's own folder, which is its home. A VM that boots again finds what it left there; another of its name does not.
    func home(of record: BootRecord) -> String { "\(directory)/\(record.name)-\(record.id)" }

    /// Puts the script of a VM's metadata on its disk, as the guest agent does at each boot, and tells how to run it.
    func boot(_ script: String, _ record: BootRecord) throws -> (command: [String], environment: [String: String]) {
        let home = home(of: record)
        for folder in ["bin", "tmp"] { try Files.makeDirectory("\(home)/\(folder)") }
        unlink(powerSwitch(of: record))
        let path = "\(home)/startup-script"
        try Files.replace(path, with: script)
        guard chmod(path, 0o755) == 0 else { throw SandboxError.system("make \(path) a program") }
        let environment = [
            "PATH": "\(home)/bin:\(programs)", "HOME": home, "TMPDIR": "\(home)/tmp", "LANG": "C.UTF-8",
            "TICK_STANDINS": home,
        ]
        return (["/bin/sh", "-c", #"cd "$HOME" && exec ./startup-script"#], environment)
    }

    /// Whether the VM's guest has turned it off since its boot.
    func isOff(_ record: BootRecord) -> Bool { access(powerSwitch(of: record), F_OK) == 0 }

    /// The file by which the stand-in for `shutdown` tells that it was called.
    private func powerSwitch(of record: BootRecord) -> String { "\(home(of: record))/off" }

    private static func link(_ target: String, as path: String) throws {
        guard symlink(target, path) == 0 || errno == EEXIST else { throw SandboxError.system("make the link \(path)") }
    }
}

import Glibc
import Host

/// What VMs have on their disks: a few of this machine's programs, and stand-ins for those that would change this machine.
///
/// A VM finds no other programs than these, so that a script which works here wants nothing that a bare VM has not.
struct GuestDisk: Sendable {
    /// Folder of the programs that every VM has.
    private let programs: String
    private let directory: String

    /// What Debian and Ubuntu have from the start, as far as a startup script uses it.
    private static let borrowed = [
        "bash", "cat", "curl", "cut", "date", "dirname", "env", "flock", "grep", "head", "ln", "mkdir", "readlink",
        "rm", "sed", "sh", "sleep", "sort", "tail", "tee", "timeout", "tr", "wc",
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
            ("shutdown", PackageResources.shutdown), ("systemctl", PackageResources.systemctl),
        ]
        for (name, bytes) in texts {
            let path = "\(standIns)/\(name)"
            try Self.writeProgram(path, String(decoding: bytes, as: UTF8.self))
        }
        // Docker is not there before apt-get has put it there.
        for name in texts.map(\.0) where name != "docker" {
            try Self.link("\(standIns)/\(name)", as: "\(programs)/\(name)")
        }
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

    /// What a VM's guest does, as commands of this machine.
    struct Guest: Sendable {
        var startup: [String]
        /// What systemd does first when the VM is turned off: the guest agent runs the shutdown script, and Docker ends its
        /// containers meanwhile. The network is still there.
        var shutdown: [String]
        var environment: [String: String]
    }

    /// Puts the scripts of a VM's metadata on its disk, as the guest agent does, and tells how to run them.
    func boot(_ record: BootRecord) throws -> Guest {
        let home = home(of: record)
        Files.removeTree("\(home)/run")  // which is in memory
        for folder in ["bin", "tmp"] { try Files.makeDirectory("\(home)/\(folder)") }
        for file in [powerSwitch(of: record), "\(home)/stopping"] { unlink(file) }
        for name in ["startup-script", "shutdown-script"] {
            let path = "\(home)/\(name)"
            unlink(path)
            guard let script = record.metadata[name] else { continue }
            try Self.writeProgram(path, script)
        }
        let shutdown = """
            cd "$HOME"; : >stopping
            if [ -x bin/docker ]; then bin/docker stop tick-data & fi
            if [ -x shutdown-script ]; then ./shutdown-script; fi
            wait
            """
        return Guest(
            startup: ["/bin/sh", "-c", #"cd "$HOME" && exec ./startup-script"#],
            shutdown: ["/bin/sh", "-c", shutdown],
            environment: [
                "PATH": "\(home)/bin:\(programs)", "HOME": home, "TMPDIR": "\(home)/tmp", "LANG": "C.UTF-8",
                "TICK_STANDINS": home, "TICK_RUN": "\(home)/run",
            ]
        )
    }

    /// Whether the VM's guest has turned it off since its boot.
    func isOff(_ record: BootRecord) -> Bool { access(powerSwitch(of: record), F_OK) == 0 }

    /// The file by which the stand-in for `shutdown` tells that it was called.
    private func powerSwitch(of record: BootRecord) -> String { "\(home(of: record))/off" }

    static func writeProgram(_ path: String, _ text: String) throws {
        try ChildProcess.betweenStarts {
            try Files.replace(path, with: text)
            guard chmod(path, 0o755) == 0 else { throw SandboxError.system("make \(path) a program") }
        }
    }

    private static func link(_ target: String, as path: String) throws {
        guard symlink(target, path) == 0 || errno == EEXIST else { throw SandboxError.system("make the link \(path)") }
    }
}

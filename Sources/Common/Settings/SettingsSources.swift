import Host
public import Console

/// Where settings come from below the command line: environment, `.env` in the current directory, the deployment's
/// `orchestration/defaults.env`; what is built in stands in the options themselves.
public struct SettingsSources: Sendable {
    /// The layers, strongest first; files that do not exist are left out, but not one that `--env-file` names.
    public let layers: [SettingsLayer]
    /// What of the files was not used, one sentence each.
    public let warnings: [String]

    /// Addresses that keys and tokens are sent to. A file that merely lies in the current directory cannot set them: whoever
    /// may write there would get the key.
    static let endpoints: Set<String> = ["TARDIS_BASE_URL", "TARDIS_API_URL"]
    /// Options that decide where data and key go and what VMs run; that they come from a `.env` is said at each run.
    static let decisive: Set<String> = [
        "project", "bucket", "credentials", "service-account", "repository", "image", "image-project", "image-family",
        "secret",
    ]
    /// Settings are some kilobytes; what is longer is something else under that name.
    private static let longestFile = 1 << 20

    /// Reads them. Throws `UsageError` for a file of `--env-file` that cannot be read as a whole; what is found by its name
    /// alone may be another tool's, and is read as far as it goes.
    public init(_ context: ToolContext, command: CommandSpec? = nil) throws {
        var layers = [SettingsLayer(.environment, context.environment)]
        var warnings: [String] = []
        let named = try Self.namedFile(context, command)
        if let named {
            do {
                layers.append(SettingsLayer(.file(named), try DotEnv.parse(try context.files.text(named), path: named)))
            } catch let error as FileError {
                throw UsageError("--\(SharedOptions.envFile.name): \(error)", command: command?.name ?? "")
            }
        }
        let files = [named == nil ? context.absolute(".env") : nil, Self.orchestrationFile("defaults.env", context)]
        for case let path? in files where context.files.exists(path) {
            do {
                let bytes = try context.files.read(path)
                guard bytes.count <= Self.longestFile else {
                    warnings.append("\(path) is not read: it has more than \(Self.longestFile) bytes")
                    continue
                }
                let file = DotEnv(String(decoding: bytes, as: UTF8.self))
                layers.append(SettingsLayer(.file(path), file.values.filter { !Self.endpoints.contains($0.key) }))
                warnings += Self.warnings(file, path)
                if file.values[SharedOptions.tardisKey.name]?.isEmpty == false, context.files.isReadableByOthers(path) {
                    warnings.append(
                        "other users of this machine can read \(path), which holds the Tardis key; chmod 600 it"
                    )
                }
            } catch {
                warnings.append("\(error)")
            }
        }
        self.layers = layers
        self.warnings = warnings
    }

    private static func warnings(_ file: DotEnv, _ path: String) -> [String] {
        var warnings: [String] = []
        if let first = file.skippedLines.first {
            let more = file.skippedLines.count - 1
            warnings.append(
                "\(path), line \(first)\(more > 0 ? " and \(more) more" : ""): skipped, as it is not KEY=VALUE"
            )
        }
        let unused = file.values.keys.filter(endpoints.contains).sorted()
        if !unused.isEmpty {
            warnings.append(
                "\(unused.joined(separator: ", ")) in \(path) is not used: addresses come from the environment, an option, or "
                    + "a file that --\(SharedOptions.envFile.name) names"
            )
        }
        return warnings
    }

    /// The file of `--env-file`. The command line cannot be parsed before its settings are known, so the option is looked for
    /// among the words.
    private static func namedFile(_ context: ToolContext, _ command: CommandSpec?) throws -> String? {
        let option = SharedOptions.envFile.name
        guard let command, command.options.contains(where: { $0.name == option }) else { return nil }
        let words = context.arguments.prefix { $0 != "--" }
        if let joined = words.last(where: { $0.hasPrefix("--\(option)=") }) {
            return context.absolute(String(joined.dropFirst(option.count + 3)))
        }
        guard let place = words.lastIndex(of: "--\(option)") else { return nil }
        guard place + 1 < words.endIndex else { throw UsageError("--\(option) needs a file", command: command.name) }
        return context.absolute(words[place + 1])
    }

    /// The folders that may hold the deployment's files, the first one before the others: `ORCHESTRATION_DIR`; beside the
    /// program's own folder, as in the image; in the checkout that the program was built in; in the current directory.
    public static func orchestrationFolders(_ context: ToolContext) -> [String] {
        var folders: [String] = []
        if let folder = context.environment["ORCHESTRATION_DIR"], !folder.isEmpty {
            folders.append(context.absolute(folder))
        }
        if let executable = context.executable {
            let parts = executable.split(separator: "/")
            folders.append("/" + (parts.dropLast(2) + ["orchestration"]).joined(separator: "/"))
            if let build = parts.lastIndex(where: { $0 == ".build" || $0.hasPrefix(".build-") }) {
                folders.append("/" + (parts[..<build] + ["orchestration"]).joined(separator: "/"))
            }
        }
        folders.append(context.absolute("orchestration"))
        return folders
    }

    /// Whether the file was found in the current directory, which need not be the program's own or the deployment's.
    static func isLying(_ path: String, _ context: ToolContext) -> Bool {
        if path == context.absolute(".env") { return true }
        let folders = orchestrationFolders(context)
        guard let current = folders.last, path.hasPrefix(current + "/") else { return false }
        return !folders.dropLast().contains(current)
    }

    /// A file of the deployment's folder; nil when none of the folders has it.
    public static func orchestrationFile(_ name: String, _ context: ToolContext) -> String? {
        orchestrationFolders(context).map { "\($0)/\(name)" }.first(where: context.files.exists)
    }
}

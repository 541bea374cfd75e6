public import Console

/// Where settings come from below the command line: environment, `.env` in the current directory, the deployment's
/// `orchestration/defaults.env`; what is built in stands in the options themselves.
public enum SettingsSources {
    /// The layers, strongest first; files that do not exist are left out, but not one that `--env-file` names.
    public static func layers(_ context: ToolContext, command: CommandSpec? = nil) throws -> [SettingsLayer] {
        var layers = [SettingsLayer(.environment, context.environment)]
        let named = try namedEnvFile(context, command)
        if let named {
            do {
                layers.append(SettingsLayer(.file(named), try DotEnv.parse(try context.files.text(named), path: named)))
            } catch let error as FileError {
                throw UsageError("--\(SharedOptions.envFile.name): \(error)", command: command?.name ?? "")
            }
        }
        let files = [named == nil ? context.absolute(".env") : nil, orchestrationFile("defaults.env", context)]
        for case let path? in files where context.files.exists(path) {
            layers.append(SettingsLayer(.file(path), try DotEnv.parse(try context.files.text(path), path: path)))
        }
        return layers
    }

    /// The file of `--env-file`. The command line cannot be parsed before its settings are known, so the option is looked for
    /// among the words.
    private static func namedEnvFile(_ context: ToolContext, _ command: CommandSpec?) throws -> String? {
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

    /// A file of the deployment's folder: `ORCHESTRATION_DIR`, `../orchestration` of the program, or `orchestration` in the
    /// current directory, whichever has it first; nil when none has.
    public static func orchestrationFile(_ name: String, _ context: ToolContext) -> String? {
        var folders: [String] = []
        if let folder = context.environment["ORCHESTRATION_DIR"], !folder.isEmpty {
            folders.append(context.absolute(folder))
        }
        if let executable = context.executable {
            let parts = executable.split(separator: "/").dropLast(2)
            folders.append("/" + (parts + ["orchestration"]).joined(separator: "/"))
        }
        folders.append(context.absolute("orchestration"))
        return folders.map { "\($0)/\(name)" }.first(where: context.files.exists)
    }
}

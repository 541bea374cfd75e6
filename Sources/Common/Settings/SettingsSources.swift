public import Console

/// Where settings come from below the command line: environment, `.env` in the current directory, the deployment's
/// `orchestration/defaults.env`; what is built in stands in the options themselves.
public enum SettingsSources {
    /// The layers, strongest first; files that do not exist are left out.
    public static func layers(_ context: ToolContext) throws -> [SettingsLayer] {
        var layers = [SettingsLayer(.environment, context.environment)]
        let files = [context.absolute(".env"), orchestrationFile("defaults.env", context)]
        for case let path? in files where context.files.exists(path) {
            layers.append(SettingsLayer(.file(path), try DotEnv.parse(try context.files.text(path), path: path)))
        }
        return layers
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

import Common
import Console
import GoogleCloud
import Transport

/// What the command line asks for, checked.
struct SetupSettings: Sendable {
    /// What is done about what is missing.
    enum Mode: Sendable {
        case apply
        case dryRun
        /// It is shown, and decides the exit status.
        case check
    }

    let mode: Mode
    let isRemoval: Bool
    let isYes: Bool
    let project: String
    let serviceAccount: String
    let bucket: String
    let repository: RepositoryReference?
    let location: String
    let secret: SecretName?
    let enablesAPIs: Bool
    let createsBucket: Bool
    let createsRepository: Bool
    let isNarrow: Bool
    /// The roles on project, bucket and repository.
    let grants: [RoleGrant]

    /// Throws `UsageError`.
    init(_ run: ToolRun) throws {
        let arguments = run.arguments
        func flag(_ option: OptionSpec) -> Bool { arguments.flag(option.name) }
        mode = flag(SetupOptions.check) ? .check : flag(StandardOptions.dryRun) ? .dryRun : .apply
        isRemoval = flag(SetupOptions.remove)
        isYes = flag(StandardOptions.yes)
        enablesAPIs = flag(SetupOptions.enableAPIs)
        createsBucket = flag(SetupOptions.createBucket)
        createsRepository = flag(SetupOptions.createRepository)
        isNarrow = flag(SetupOptions.leastPrivilege)
        project = try arguments.required(SharedOptions.project.name)
        serviceAccount = try arguments.required(SharedOptions.serviceAccount.name)
        bucket = try arguments.required(SharedOptions.bucket.name)
        let address = try arguments.required(SharedOptions.repository.name)
        repository = RepositoryReference(address)
        let zone = try arguments.required(SharedOptions.zone.name)
        location =
            arguments.string(SetupOptions.location.name) ?? zone.split(separator: "-").dropLast().joined(separator: "-")
        let prefix = try arguments.required(SharedOptions.vmNamePrefix.name)
        grants =
            (isNarrow ? RequiredRoles.narrow(vmNamePrefix: prefix) : RequiredRoles.wide)
            + (flag(SetupOptions.cloudBuild) ? [RequiredRoles.builder] : [])
        let secretText = arguments.string(SetupOptions.secret.name)
        secret = secretText.flatMap { [project] in SecretName($0, project: project) }

        try check(arguments, secretText: secretText, address: address, prefix: prefix)
    }

    private func check(_ arguments: ParsedArguments, secretText: String?, address: String, prefix: String) throws {
        let parts = serviceAccount.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, parts[1].hasSuffix(".gserviceaccount.com") else {
            throw arguments.error("--service-account: \(serviceAccount) is not the e-mail address of a service account")
        }
        guard !project.isEmpty, project.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "-.:".contains($0)) })
        else { throw arguments.error("--project: \(project) is not a project's id") }
        guard prefix.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }), !prefix.isEmpty else {
            throw arguments.error("--vm-name-prefix: \(prefix) is not the beginning of a VM's name")
        }
        if repository == nil, createsRepository || isNarrow {
            throw arguments.error("--repository: \(address) is not REGION-docker.pkg.dev/PROJECT/REPOSITORY")
        }
        if let secretText, secret == nil || secret?.version != nil {
            throw arguments.error("--secret: \(secretText) is neither NAME nor projects/PROJECT/secrets/NAME")
        }
        if arguments.string(SetupOptions.keyFile.name) != nil, secret == nil {
            throw arguments.error("--key-file needs --secret")
        }
        let making = [
            SetupOptions.check, SetupOptions.enableAPIs, SetupOptions.createBucket, SetupOptions.createRepository,
        ]
        if isRemoval, let wrong = making.first(where: { arguments.flag($0.name) }) {
            throw arguments.error("--remove and --\(wrong.name) exclude each other")
        }
    }

    /// The Tardis key of `--key-file`, the environment, or stdin; nil when none of them has one. Throws `UsageError`.
    static func key(_ run: ToolRun) throws -> Secret? {
        let file = run.arguments.string(SetupOptions.keyFile.name)
        let text: String?
        if let file, file != "-" {
            let whole = try run.context.files.text(run.context.absolute(file))
            text = whole.split(whereSeparator: \.isNewline).first.map(String.init)
        } else if file == nil, let set = run.arguments.variable(SharedOptions.tardisKey.name)?.values.last, !set.isEmpty
        {
            text = set
        } else if file == "-" || !run.context.terminal.stdinIsTerminal {
            text = run.context.readLine()
        } else {
            text = nil
        }
        let key = String((text ?? "").drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
        guard !key.isEmpty else {
            // Whoever names a file means to give a key; going on without one would look like a rotation that worked.
            if let file { throw run.arguments.error("the first line of --key-file \(file) holds no key") }
            return nil
        }
        guard key.allSatisfy({ $0.isASCII && !$0.isWhitespace && $0.asciiValue ?? 0 > 32 }) else {
            throw run.arguments.error("the Tardis key has blanks or special characters in it, which no key has")
        }
        return Secret(key)
    }
}

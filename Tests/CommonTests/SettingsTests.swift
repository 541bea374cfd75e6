@testable import Common
import Host
import Console
import Testing

struct SettingsTests {
    private let command = CommandSpec(
        name: "tool",
        summary: "do things",
        options: [SharedOptions.bucket, SharedOptions.project],
        environment: [SharedOptions.tardisKey]
    )

    @Test(arguments: [
        ("A=b", "b"), ("export A=b", "b"), ("  A = b  ", "b"), ("A=", ""), ("A='b # c'", "b # c"),
        ("A=\"b\\n\\\"c\\\"\\x\"", "b\n\"c\"\\x"),
        ("A=b # c", "b"), ("A=b#c", "b#c"), ("A=b=c", "b=c"), ("A=\"b\" # c", "b"), ("A=# c", ""),
        ("\u{FEFF}A=b\r", "b"),
        ("# x\n\nA=1\nA=2", "2"), ("A='b\\n'", "b\\n"), ("A='b\nc'", "b\nc"),
    ])
    func linesAreRead(text: String, value: String) throws {
        #expect(try DotEnv.parse(text, path: ".env") == ["A": value])
    }

    @Test(arguments: ["A", "=b", "1A=b", "A B=c", "A='b", "A=\"b\" c", "A=\"b\\", "é=1"])
    func badLinesAreNamedWithoutTheirText(line: String) {
        #expect(throws: UsageError("line 2 of /x/.env is not KEY=VALUE")) {
            try DotEnv.parse("OK=1\n\(line)", path: "/x/.env")
        }
    }

    @Test func eachSourceGoesBeforeTheNext() async throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SplitMix(state: seed)
        for _ in 0..<64 {
            let present = (0..<4).map { _ in Bool.random(using: &generator) }
            var context = ToolContext(currentDirectory: "/there")
            if present[0] { context.arguments = ["--bucket", "flag"] }
            if present[1] { context.environment["GCS_BUCKET"] = "environment" }
            var files: [String: String] = [:]
            if present[2] { files["/there/.env"] = "GCS_BUCKET=dotenv" }
            if present[3] { files["/there/orchestration/defaults.env"] = "GCS_BUCKET=defaults" }
            context.files = .memory(files)
            let names = ["flag", "environment", "dotenv", "defaults"]
            let origins: [ValueOrigin] = [
                .flag, .environment("GCS_BUCKET"), .file("/there/.env"), .file("/there/orchestration/defaults.env"),
            ]
            let winner = present.firstIndex(of: true)
            let ended = await execute(command, context) { run in
                #expect(
                    run.arguments.string("bucket") == winner.map { names[$0] } ?? "market-data-tick",
                    "seed \(seed)"
                )
                #expect(run.arguments.origin("bucket") == winner.map { origins[$0] } ?? .builtIn, "seed \(seed)")
                return .done
            }
            #expect(ended.status == .done)
        }
    }

    @Test(arguments: [["--env-file", "my.env"], ["--env-file=my.env"]])
    func aNamedFileTakesThePlaceOfDotEnv(words: [String]) async throws {
        var command = command
        command.options.append(SharedOptions.envFile)
        var context = ToolContext(arguments: words, currentDirectory: "/there")
        let dotEnv = "GCS_BUCKET=dotenv\nGCP_PROJECT_ID=p"
        context.files = .memory(["/there/my.env": "GCS_BUCKET=mine", "/there/.env": dotEnv])
        let ended = await execute(command, context) { run in
            #expect(run.arguments.string("bucket") == "mine")
            #expect(run.arguments.origin("bucket") == .file("/there/my.env"))
            #expect(run.arguments.origin("project") == .builtIn)
            return .done
        }
        #expect(ended.status == .done)
        context.files = .memory([:])
        let missing = await execute(command, context) { _ in .done }
        #expect(missing.status == .usage)
        #expect(missing.messages.contains("/there/my.env"))
    }

    @Test func theDefaultsFileIsFoundInOrder() {
        let name = "defaults.env"
        let all = [
            "/o/defaults.env": "", "/opt/kit/orchestration/defaults.env": "", "/there/orchestration/defaults.env": "",
        ]
        var context = ToolContext(
            environment: ["ORCHESTRATION_DIR": "/o"],
            files: .memory(all),
            currentDirectory: "/there",
            executable: "/opt/kit/bin/tool"
        )
        #expect(SettingsSources.orchestrationFile(name, context) == "/o/defaults.env")
        context.environment = [:]
        #expect(SettingsSources.orchestrationFile(name, context) == "/opt/kit/orchestration/defaults.env")
        // A program that was built in a checkout and is called from elsewhere.
        context.executable = "/opt/kit/.build/x86_64-unknown-linux-gnu/release/tool"
        #expect(SettingsSources.orchestrationFile(name, context) == "/opt/kit/orchestration/defaults.env")
        context.executable = nil
        #expect(SettingsSources.orchestrationFile(name, context) == "/there/orchestration/defaults.env")
        context.files = .memory([:])
        #expect(SettingsSources.orchestrationFile(name, context) == nil)
    }

    @Test func theDefaultsFileSaysWhatIsBuiltIn() throws {
        let path = "\(projectFolder)/orchestration/defaults.env"
        #expect(try DotEnv.parse(FileAccess.system.text(path), path: path) == DeploymentDefaults.values)
    }

    @Test func configurationNeverShowsTheKey() async {
        let context = ToolContext(
            arguments: ["--print-config"],
            files: .memory(["/there/.env": "TARDIS_API_KEY=TD.hush"]),
            currentDirectory: "/there"
        )
        let ended = await execute(command, context) { _ in .failed }
        #expect(ended.status == .done)
        #expect(ended.output.contains("TARDIS_API_KEY  <redacted>"))
        #expect(ended.output.contains("/there/.env"))
        #expect(!(ended.output + ended.messages).contains("hush"))
    }

    // MARK: Files that merely lie in the current directory

    @Test func aFileOfAnotherToolIsReadAsFarAsItGoes() async throws {
        let text = """
            TD.hush
            GCS_BUCKET=mine
            if [ -f x ]; then
            KEY="-----BEGIN
            A=hidden
            -----END"
            export GCP_PROJECT_ID='p'
            """
        let context = ToolContext(files: .memory(["/.env": text]))
        let ended = await execute(command, context) { run in
            #expect(run.arguments.string("bucket") == "mine" && run.arguments.string("project") == "p")
            return .done
        }
        #expect(ended.status == .done)
        #expect(ended.messages.contains("/.env, line 1 and 1 more: skipped, as it is not KEY=VALUE"))
        #expect(!ended.messages.contains("hush") && !ended.messages.contains("BEGIN"))
    }

    @Test(
        arguments: [
            ("A='x\ny' # c", ["A": "x\ny"], []), ("A=\"x\n\n\\n\"\nB=1", ["A": "x\n\n\n", "B": "1"], []),
            ("A='x\nB=1", ["B": "1"], [1]), ("A=\"x\ny\" z\nB=1", ["B": "1"], [1, 2]),
            ("A='x'\r\nB='y'\r\n", ["A": "x", "B": "y"], []),
        ] as [(String, [String: String], [Int])]
    )
    func quotedValuesGoOnOverLines(text: String, values: [String: String], skipped: [Int]) {
        let file = DotEnv(text)
        #expect(file.values == values && file.skippedLines == skipped)
    }

    @Test func onlyANamedFileMustBeFlawless() async throws {
        var command = command
        command.options.append(SharedOptions.envFile)
        let files = FileAccess.memory(["/.env": "nonsense", "/my.env": "GCS_BUCKET=b\nTD.hush"])
        let implicit = await execute(command, ToolContext(files: files)) { _ in .done }
        #expect(implicit.status == .done)
        let named = await execute(command, ToolContext(arguments: ["--env-file", "my.env"], files: files)) { _ in .done
        }
        #expect(named.status == .usage)
        #expect(named.messages.contains("line 2 of /my.env is not KEY=VALUE") && !named.messages.contains("hush"))
    }

    @Test(arguments: [["--help"], ["--version"], ["--completions", "bash"], ["-h"]])
    func helpAndItsKinReadNoFile(words: [String]) async {
        var context = ToolContext(arguments: words)
        context.files = FileAccess(
            read: { path in
                Issue.record("\(path) was read")
                return []
            },
            exists: { _ in true }
        )
        let ended = await execute(command, context) { _ in .failed }
        #expect(ended.status == .done && !ended.output.isEmpty && ended.messages.isEmpty)
    }

    @Test func whatCannotBeReadIsLeftOut() async {
        var context = ToolContext()
        context.files = FileAccess(
            read: { throw FileError(operation: "read", path: $0, code: 5) },
            exists: { $0 == "/.env" }
        )
        let ended = await execute(command, context) { _ in .done }
        #expect(ended.status == .done && ended.messages.contains("cannot read /.env"))
        context.files = .memory(["/.env": String(repeating: "A=b\n", count: 1 << 19)])
        let long = await execute(command, context) { _ in .done }
        #expect(long.status == .done && long.messages.contains("/.env is not read"))
    }

    @Test func aKeyThatOthersCanReadIsWarnedOf() async {
        var context = ToolContext()
        for (text, isWarned) in [("TARDIS_API_KEY=TD.hush", true), ("GCS_BUCKET=b", false)] {
            context.files = .memory(["/.env": text])
            context.files.isReadableByOthers = { $0 == "/.env" }
            let ended = await execute(command, context) { _ in .done }
            #expect(ended.messages.contains("other users of this machine can read /.env") == isWarned)
            #expect(!ended.messages.contains("hush"))
        }
    }

    @Test func whatDecidesWhereDataGoesIsSaidWhenItComesFromAFileThatLiesThere() async {
        let files = FileAccess.memory(["/there/.env": "GCS_BUCKET=b\nLOG_LEVEL=INFO"])
        var context = ToolContext(files: files, currentDirectory: "/there")
        let lying = await execute(command, context) { _ in .done }
        #expect(lying.messages.contains("settings of a file in the current directory are used"))
        #expect(lying.messages.contains("/there/.env") && lying.messages.contains("bucket"))
        context.environment["GCS_BUCKET"] = "mine"
        let named = await execute(command, context) { _ in .done }
        #expect(!named.messages.contains("settings of a file"))
    }

    @Test func aFolderOrAPipeIsNoFileOfSettings() throws {
        #expect(!FileAccess.system.exists("/") && !FileAccess.system.exists("/dev/null"))
        #expect(FileAccess.system.exists("\(projectFolder)/orchestration/defaults.env"))
    }

    /// Whoever may write into the current directory must not get the key.
    @Test(arguments: ["TARDIS_BASE_URL", "TARDIS_API_URL"])
    func addressesComeFromNoFileThatMerelyLiesThere(variable: String) async throws {
        var command = command
        command.options += [
            SharedOptions.envFile,
            .value("there", "URL", help: "an address", environment: variable, defaultValue: "https://right.test"),
        ]
        let evil = "\(variable)=https://evil.test\nGCS_BUCKET=b"
        var context = ToolContext(
            files: .memory(["/.env": evil, "/orchestration/defaults.env": evil, "/my.env": evil])
        )
        let implicit = await execute(command, context) { run in
            #expect(run.arguments.string("there") == "https://right.test" && run.arguments.string("bucket") == "b")
            return .done
        }
        #expect(implicit.status == .done && implicit.messages.contains("\(variable) in /.env is not used"))
        context.arguments = ["--env-file", "my.env"]
        let named = await execute(command, context) { run in
            #expect(run.arguments.string("there") == "https://evil.test")
            return .done
        }
        #expect(named.status == .done)
    }

    @Test(arguments: [
        ("/there/.env", true), ("/there/orchestration/defaults.env", true),
        ("/opt/kit/orchestration/defaults.env", false),
        ("/there/my.env", false),
    ])
    func onlyFilesOfTheCurrentDirectoryMerelyLieThere(path: String, lies: Bool) {
        let context = ToolContext(currentDirectory: "/there", executable: "/opt/kit/.build/release/tool")
        #expect(SettingsSources.isLying(path, context) == lies)
        let own = ToolContext(currentDirectory: "/there", executable: "/there/.build/release/tool")
        #expect(SettingsSources.isLying("/there/orchestration/defaults.env", own) == false)
    }
}

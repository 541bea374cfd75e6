import Common
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
        ("# x\n\nA=1\nA=2", "2"), ("A='b\\n'", "b\\n"),
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

    @Test func aBrokenDotEnvIsAUsageError() async {
        let context = ToolContext(files: .memory(["/.env": "TD.hush"]))
        let ended = await execute(command, context) { _ in .done }
        #expect(ended.status == .usage)
        #expect(ended.messages.contains("line 1 of /.env is not KEY=VALUE"))
        #expect(!ended.messages.contains("hush"))
    }
}

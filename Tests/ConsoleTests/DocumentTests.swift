import Console
import Testing
import Text

struct DocumentTests {
    @Test(arguments: [80, 120, 40])
    func helpFitsTheScreen(width: Int) throws {
        let text = try shown(sample, ["--help"], width: width)
        expectSnapshot(text, "help-\(width)")
        expectSnapshot(try shown(nested, ["open", "--help"], width: width), "help-subcommand-\(width)")
    }

    @Test func referencePagesShowEverything() throws {
        expectSnapshot(try shown(sample, ["--document", "markdown"]), "markdown")
        expectSnapshot(try shown(nested, ["--document", "markdown"]), "markdown-subcommands")
    }

    @Test(arguments: ["bash", "zsh", "fish"])
    func completionScriptsCoverOptionsAndCommands(shell: String) throws {
        expectSnapshot(try shown(sample, ["--completions", shell]), "completions-\(shell)")
        expectSnapshot(try shown(nested, ["--completions", shell]), "completions-subcommands-\(shell)")
    }

    @Test(arguments: [
        ("feed-mill", ["--gr"], "--grade\n--grain\n"),
        ("feed-mill", ["--grade", "f"], "fine\n"),
        ("feed-mill", ["--grade", "=", "m"], "medium\n"),
        ("feed-mill", ["--color", ""], "auto\nalways\nnever\n"),
        ("barn", ["o"], "open\n"),
        ("barn", ["open", "--wi"], "--wide\n"),
        ("barn", ["shut", "--wi"], ""),
        ("barn", ["--door", "x", "open", "r"], "right\n"),
    ])
    func bashOffersWhatFits(command: String, words: [String], offered: String) throws {
        let spec = command == "barn" ? nested : sample
        let script = try shown(spec, ["--completions", "bash"])
        let line = ([command] + words).map { "'\($0)'" }.joined(separator: " ")
        let function = "_" + command.replacing("-", with: "_")
        let program = """
            \(script)
            COMP_WORDS=(\(line)); COMP_CWORD=\(words.count); COMPREPLY=(); \(function)
            for word in "${COMPREPLY[@]}"; do printf '%s\\n' "$word"; done
            """
        let quoted = program.replacing("'", with: "'\\''")
        #expect(outputOfShell("bash -eu -c '\(quoted)'") == offered)
    }

    @Test func configurationShowsOriginsAndHidesSecrets() throws {
        let layers = [
            SettingsLayer(.environment, ["MILL_TOKEN": "hush", "MILL_GRAINS": "rye,oats"]),
            SettingsLayer(.file("/home/x/.env"), ["MILL_KEY": "hush"]),
        ]
        let table = try shown(sample, ["--print-config", "--speed=5"], layers: layers)
        expectSnapshot(table, "config")
        #expect(!table.contains("hush"))
        let text = try shown(sample, ["--print-config", "--output", "json"], layers: layers)
        let json = try JSONValue(parsing: text)
        #expect(!text.contains("hush"))
        #expect(json["settings"]?.array?.first == ["setting": "--bin", "value": "north", "origin": "built in"])
        #expect(
            json["settings"]?.array?.contains([
                "setting": "MILL_KEY", "value": "<redacted>", "origin": "/home/x/.env",
            ]) == true
        )
    }
}

import Console
import Testing

struct CommandParserTests {
    @Test(arguments: [
        ["--bin", "south", "D"], ["--bin=south", "D"], ["-b", "south", "D"], ["-bsouth", "D"], ["-fbsouth", "D"],
        ["D", "--bin", "south"], ["--bin=north", "--bin=south", "D"],
    ])
    func valuesMayBeWrittenInAllUsualWays(arguments: [String]) throws {
        let parsed = try run(sample, arguments)
        #expect(parsed.string("bin") == "south")
        #expect(parsed.origin("bin") == .flag)
        #expect(parsed.argument("DATE") == "D")
    }

    @Test(arguments: [(true, "parent"), (false, nil as String?)])
    func aCommandMayLeaveItsParentsOptionsOut(inherits: Bool, seen: String?) throws {
        let child = CommandSpec(
            name: "child",
            summary: "be small",
            options: [.value("own", "X", help: "Its own.")],
            inheritsOptions: inherits
        )
        let spec = CommandSpec(
            name: "tool",
            summary: "be large",
            options: [.value("big", "X", help: "The parent's.")],
            subcommands: [child],
            environment: [EnvironmentSpec("BIG_KEY", help: "The parent's.")]
        )
        let layers = [SettingsLayer(.environment, ["BIG_KEY": "parent"])]
        let parsed = try run(spec, ["child", "--own", "x"], layers: layers)
        #expect(parsed.has("big") == inherits)
        #expect(parsed.variable("BIG_KEY")?.values.last == seen)
        #expect(parsed.string("own") == "x")
        if !inherits { #expect(throws: UsageError.self) { try run(spec, ["child", "--big", "x"]) } }
    }

    @Test func doubleDashEndsOptions() throws {
        let parsed = try run(sample, ["D", "--", "--bin", "-x"])
        #expect(parsed.arguments("SACK") == ["--bin", "-x"])
        #expect(parsed.string("bin") == "north")
    }

    @Test func listsCollectRepetitionsAndCommas() throws {
        let parsed = try run(sample, ["D", "-g", "rye, oats", "--grain=wheat"])
        #expect(parsed.all("grain") == ["rye", "oats", "wheat"])
    }

    @Test func negatableFlagsCanBeTurnedOff() throws {
        #expect(try run(sample, ["D"]).flag("dust"))
        #expect(try !run(sample, ["D", "--no-dust"]).flag("dust"))
        #expect(try run(sample, ["D", "--no-dust", "--dust"]).flag("dust"))
    }

    @Test func earlierLayersWinAndEmptyCountsAsNotSet() throws {
        let layers = [
            SettingsLayer(.environment, ["MILL_SPEED": "", "MILL_DUST": "off"]),
            SettingsLayer(.file("/x/.env"), ["MILL_SPEED": "7", "MILL_DUST": "on"]),
            SettingsLayer(.file("/x/defaults.env"), ["MILL_SPEED": "8", "MILL_BIN": "east"]),
        ]
        let parsed = try run(sample, ["D"], layers: layers)
        #expect(try parsed.int("speed") == 7)
        #expect(parsed.origin("speed") == .file("/x/.env"))
        #expect(parsed.origin("dust") == .environment("MILL_DUST"))
        #expect(!parsed.flag("dust"))
        #expect(parsed.string("bin") == "east")
        #expect(try run(sample, ["D", "--speed", "9"], layers: layers).int("speed") == 9)
        #expect(try run(sample, ["D"]).origin("bin") == .builtIn)
        #expect(try run(sample, ["D"]).origin("speed") == nil)
    }

    @Test(arguments: [
        (["--bni", "x"], "unknown option --bni (did you mean --bin?)"),
        (["--nothing-like-it"], "unknown option --nothing-like-it"),
        (["-z", "D"], "unknown option -z"),
        (["-fz", "D"], "unknown option -z in -fz"),
        (["D", "--bin"], "--bin needs a value: --bin NAME"),
        (["D", "--bin", "--force"], "--bin needs a value; write --bin=--force if the value begins with a dash"),
        (["D", "--bin="], "--bin needs a value that is not empty"),
        (["D", "--force=yes"], "--force takes no value"),
        (["D", "--speed", "fast"], "--speed fast is not a whole number"),
        (["D", "--speed", "901"], "--speed 901 must be between 1 and 900"),
        (["D", "--grade", "fin"], "--grade fin is not one of coarse, medium, fine (did you mean fine?)"),
        ([], "DATE is missing"),
    ])
    func mistakesAreNamed(arguments: [String], message: String) {
        #expect(throws: UsageError(message, command: "feed-mill")) { try run(sample, arguments) }
    }

    @Test func errorsPointToHelp() {
        #expect(UsageError("it is wrong", command: "barn open").description == "it is wrong; see barn open --help")
    }

    @Test func badValuesFromElsewhereNameTheirSource() {
        let file = [SettingsLayer(.file("/x/.env"), ["MILL_SPEED": "fast"])]
        #expect(throws: UsageError("MILL_SPEED fast (from /x/.env) is not a whole number", command: "feed-mill")) {
            try run(sample, ["D"], layers: file)
        }
        let environment = [SettingsLayer(.environment, ["MILL_DUST": "maybe"])]
        #expect(throws: UsageError("MILL_DUST (from the environment) is neither true nor false", command: "feed-mill"))
        {
            try run(sample, ["D"], layers: environment)
        }
    }

    @Test func secretsAreNotRepeatedInErrors() {
        var spec = sample
        spec.options = [.value("token", "TEXT", help: "", check: .integer(1...2), isSecret: true)]
        #expect(throws: UsageError("--token is not a whole number", command: "feed-mill")) {
            try run(spec, ["D", "--token", "hush"])
        }
    }

    @Test func subcommandsTakeTheirOwnAndTheirParentsOptions() throws {
        let parsed = try run(nested, ["--door", "back", "open", "-w", "left"])
        #expect(parsed.path == ["barn", "open"])
        #expect(parsed.subcommand == "open")
        #expect(parsed.string("door") == "back")
        #expect(parsed.flag("wide"))
        #expect(parsed.argument("SIDE") == "left")
        #expect(try run(nested, ["shut", "--door=side"]).string("door") == "side")
    }

    @Test(arguments: [
        ([], "a command is missing: open, shut", "barn"),
        (["opne"], "unknown command opne (did you mean open?)", "barn"),
        (["open", "up"], "SIDE up is not one of left, right", "barn open"),
        (["shut", "it"], "unexpected argument it", "barn shut"),
        (["shut", "--wide"], "unknown option --wide", "barn shut"),
    ])
    func mistakesInSubcommandsAreNamed(arguments: [String], message: String, command: String) {
        #expect(throws: UsageError(message, command: command)) { try run(nested, arguments) }
    }

    @Test func requiredOptionsAreDemanded() {
        var spec = sample
        spec.options = [.value("date", "DAY", help: "", environment: "DAY", isRequired: true)]
        spec.arguments = []
        #expect(throws: UsageError("--date DAY is missing (or set DAY)", command: "feed-mill")) { try run(spec, []) }
        #expect(throws: Never.self) { try run(spec, [], layers: [SettingsLayer(.environment, ["DAY": "x"])]) }
    }

    @Test func valuesThatMayBeLeftOutTakeTheNextWordOnlyIfItIsOne() throws {
        var spec = sample
        let check = ValueCheck { $0 == "auto" || Int($0) != nil ? nil : "is no number" }
        spec.options = [.value("hands", "N", help: "", check: check, bareValue: "auto"), .flag("force", help: "")]
        #expect(try run(spec, ["D"]).string("hands") == nil)
        #expect(try run(spec, ["--hands", "4", "D"]).string("hands") == "4")
        #expect(try run(spec, ["--hands=4", "D"]).string("hands") == "4")
        #expect(try run(spec, ["--hands", "D"]).string("hands") == "auto")
        #expect(try run(spec, ["D", "--hands", "--force"]).flag("force"))
        #expect(try run(spec, ["D", "--hands"]).string("hands") == "auto")
        #expect(throws: UsageError("--hands many is no number", command: "feed-mill")) {
            try run(spec, ["D", "--hands=many"])
        }
        #expect(try shown(spec, ["--help"]).contains("--hands [N]"))
    }

    @Test func variablesWithoutOptionAreResolved() throws {
        let layers = [SettingsLayer(.file("/x/.env"), ["MILL_KEY": "k"])]
        #expect(try run(sample, ["D"], layers: layers).variable("MILL_KEY") == ResolvedValue(["k"], .file("/x/.env")))
        #expect(try run(sample, ["D"]).variable("MILL_KEY") == nil)
    }

    @Test func versionAndHelpNeedNothingElse() throws {
        #expect(try shown(sample, ["--version"]) == "feed-mill 1.2.3\n")
        #expect(try shown(sample, ["--bin", "x", "-h"]).hasPrefix("feed-mill: grind grain into feed\n"))
        #expect(try shown(nested, ["open", "--help"]).contains("Usage: barn open [options] [SIDE]\n"))
    }

    @Test func randomCommandLinesNeverCrash() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SplitMix(state: seed)
        let words = [
            "--", "-", "--bin", "--bin=", "-b", "-fb", "--no-dust", "D", "", "-\u{301}", "--=x", "--help=1", "é", "-g,",
        ]
        for _ in 0..<2_000 {
            let line = (0..<Int.random(in: 0...5, using: &generator)).compactMap { _ in
                words.randomElement(using: &generator)
            }
            do {
                _ = try CommandParser(sample, version: "1").parse(line)
            } catch {
                #expect(error is UsageError, "seed \(seed), line \(line)")
            }
        }
    }
}

/// A small generator whose seed a failing test prints.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

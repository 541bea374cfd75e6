import Common
import Console
import Download
import Fleet
import Upload

/// The kit's programs in one file, for the image: called by the name of one of them, as through a link, it is that program.
@main
struct Main {
    static let programs = FleetTools.all + [downloadTool, uploadTool]

    static let itself = Tool(
        CommandSpec(
            name: "market-tick-data-handler",
            summary: "the programs of the kit in one file",
            discussion:
                "Called by the name of a program, as through a link, it is that program. Called by its own it tells the names."
        )
    ) { run in
        for program in programs { run.print(program.name) }
        return .done
    }

    static func main() async {
        let name = CommandLine.arguments.first?.split(separator: "/").last
        await (programs.first { $0.name == name ?? "" } ?? itself).main()
    }
}

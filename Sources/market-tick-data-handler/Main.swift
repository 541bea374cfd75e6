import Common
import Console
import Download
import Fleet
import Upload

/// The kit's programs in one file, for the image. The name that it is called by, as through a link, says which of them it is, or
/// its first argument does.
@main
struct Main {
    static let programs = FleetTools.all + [downloadTool, uploadTool]

    static let ownName = "market-tick-data-handler"

    static let itself = Tool(
        CommandSpec(
            name: ownName,
            summary: "the programs of the kit in one file",
            discussion: """
                Called through a link that has the name of a program it is that program, as in the image; otherwise PROGRAM says which. \
                Without PROGRAM it prints their names, one a line.
                """,
            arguments: [
                ArgumentSpec(
                    "PROGRAM",
                    help: "The program, with its own arguments behind it.",
                    arity: .optional,
                    allowed: programs.map(\.name)
                ),
                ArgumentSpec("ARGUMENT", help: "The program's arguments.", arity: .any),
            ],
            examples: [
                .init("market-tick-data-handler vm-data-downloader convert in.csv.gz out.parquet", "one of them"),
                .init(
                    "for name in $(market-tick-data-handler); do ln -s market-tick-data-handler $name; done",
                    "a link for each, in the folder of the file"
                ),
            ],
            statuses: [.done, .failed, .usage]
        )
    ) { run in
        if let program = run.arguments.argument("PROGRAM") {
            throw run.arguments.error("options of \(program) go behind its name, and before it there are none")
        }
        let name = calledBy
        guard name == ownName else {
            throw run.arguments.error(
                "it is called by the name \(name), which is none of its programs: \(programs.map(\.name).joined(separator: ", "))"
            )
        }
        for program in programs { run.print(program.name) }
        return .done
    }

    static var calledBy: String { String(CommandLine.arguments.first?.split(separator: "/").last ?? "") }

    static func main() async {
        if let program = programs.first(where: { $0.name == calledBy }) { await program.main() }
        let first = CommandLine.arguments.dropFirst().first
        if let program = programs.first(where: { $0.name == first }) { await program.main(words: 2) }
        await itself.main()
    }
}

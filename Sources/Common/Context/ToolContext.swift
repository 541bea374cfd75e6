public import Console
public import Transport
import FoundationEssentials
import Glibc

/// The outside world of a tool in one value. Nothing else reads the environment, the clock, chance or the terminal.
public struct ToolContext: Sendable {
    /// The command line without the program's name.
    public var arguments: [String]
    /// The number, from 1, of the first argument that is not UTF-8: `arguments` cannot hold it as it was given.
    public var malformedArgument: Int?
    public var environment: [String: String]
    public var clock: ToolClock
    /// What is known about the standard streams.
    public var terminal: Terminal
    public var output: any TextSink
    public var messages: any TextSink
    /// A line that a person types; nil at the end of input.
    public var readLine: @Sendable () -> String?
    public var files: FileAccess
    /// The current directory, absolute.
    public var currentDirectory: String
    /// The home directory; nil when there is none.
    public var home: String?
    /// The program's own file, links resolved; nil when it cannot be told.
    public var executable: String?
    public var process = ProcessIdentity()
    /// What must happen however the tool ends.
    public var exitHooks: ExitHooks

    /// A world of the given parts; what is left out is empty, kept in memory, and not a terminal.
    public init(
        arguments: [String] = [],
        environment: [String: String] = [:],
        clock: ToolClock = .system,
        terminal: Terminal = Terminal(),
        output: any TextSink = MemorySink(),
        messages: any TextSink = MemorySink(),
        readLine: @escaping @Sendable () -> String? = { nil },
        files: FileAccess = .memory([:]),
        currentDirectory: String = "/",
        home: String? = nil,
        executable: String? = nil
    ) {
        self.arguments = arguments
        self.environment = environment
        self.clock = clock
        self.terminal = terminal
        self.output = output
        self.messages = messages
        self.readLine = readLine
        self.files = files
        self.currentDirectory = currentDirectory
        self.home = home
        self.executable = executable
        exitHooks = ExitHooks()
    }

    /// The world of this process, whose command line begins behind `words` words.
    public static func live(words: Int = 1) -> ToolContext {
        let environment = ProcessInfo.processInfo.environment
        let directory = getcwd(nil, 0)
        defer { free(directory) }
        var context = ToolContext(
            arguments: Array(CommandLine.arguments.dropFirst(words)),
            environment: environment,
            terminal: .current(environment: environment),
            output: DescriptorSink.standardOutput,
            messages: DescriptorSink.standardError,
            readLine: { Swift.readLine() },
            files: .system,
            // A folder whose name is not UTF-8 has no path that text can hold, but it is where we are.
            currentDirectory: directory.flatMap { String(validatingCString: $0) } ?? ".",
            home: environment["HOME"],
            executable: try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        )
        context.process = .live(.system)
        context.malformedArgument = (0..<Int(CommandLine.argc)).first { number in
            CommandLine.unsafeArgv[number].map { String(validatingCString: $0) == nil } ?? false
        }.map { $0 - words + 1 }
        return context
    }

    /// The path made absolute by the current directory, `~/` by the home directory.
    public func absolute(_ path: String) -> String {
        if path.hasPrefix("/") { return path }
        if path.hasPrefix("~/"), let home { return home + path.dropFirst() }
        return currentDirectory.hasSuffix("/") ? currentDirectory + path : "\(currentDirectory)/\(path)"
    }
}

/// A shell that completions are written for.
public enum Shell: String, Sendable, CaseIterable {
    case bash
    case zsh
    case fish

    /// The completion script of a tool.
    public func script(for command: CommandSpec) -> String {
        switch self {
        case .bash: BashCompletion(root: command).render()
        case .zsh: ZshCompletion(root: command).render()
        case .fish: FishCompletion(root: command).render()
        }
    }
}

extension CommandSpec {
    /// The command and all below it, each with the words that lead to it and the options in scope that are shown.
    func walk(_ above: [CommandSpec] = []) -> [(path: [CommandSpec], options: [OptionSpec])] {
        let path = above + [self]
        let options = (path.optionsInScope + StandardOptions.common).filter { !$0.isHidden }
        return [(path, options)] + subcommands.flatMap { $0.walk(path) }
    }

    /// A name that shell functions may have.
    var shellIdentifier: String { name.replacing("-", with: "_") }
}

/// The text in single quotes for a POSIX shell or zsh.
public func shellQuoted(_ text: String) -> String {
    "'" + text.replacing("'", with: "'\\''") + "'"
}

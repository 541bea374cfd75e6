import Glibc
import Host

extension ChildProcess {
    /// Starts the command behind `--` with this process's environment, plus `adding`, minus `removing`.
    convenience init(_ arguments: [String], adding variables: [(name: String, value: String)], removing: [String])
        throws
    {
        var environment: [(name: String, value: String)] = []
        var entry = environ
        while let text = entry.pointee.map({ String(cString: $0) }) {
            let name = String(text.prefix { $0 != "=" })
            if !removing.contains(name) && !variables.contains(where: { $0.name == name }) {
                environment.append((name, String(text.dropFirst(name.count + 1))))
            }
            entry += 1
        }
        try self.init(arguments, environment: environment + variables)
    }
}

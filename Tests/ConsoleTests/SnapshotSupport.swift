import Glibc
import Testing

/// Compares a text with the file `Snapshots/NAME.txt` beside the tests. A missing file fails; with `RECORD_SNAPSHOTS=1` in
/// the environment the file is written instead.
func expectSnapshot(
    _ text: String,
    _ name: String,
    file: String = #filePath,
    at location: SourceLocation = #_sourceLocation
) {
    let folder = file.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    let path = "\(folder)/Snapshots/\(name).txt"
    if getenv("RECORD_SNAPSHOTS").map({ String(cString: $0) }) == "1" {
        guard let output = fopen(path, "w") else {
            Issue.record("cannot write \(path)", sourceLocation: location)
            return
        }
        fputs(text, output)
        fclose(output)
        return
    }
    guard let stored = contents(of: path) else {
        Issue.record("no snapshot \(name); record it with RECORD_SNAPSHOTS=1", sourceLocation: location)
        return
    }
    #expect(text == stored, "snapshot \(name)", sourceLocation: location)
}

/// The text of a file; nil when it cannot be opened.
func contents(of path: String) -> String? {
    guard let input = fopen(path, "r") else { return nil }
    defer { fclose(input) }
    return everything(from: input)
}

/// What a shell command prints on stdout, for checks by the real shells.
func outputOfShell(_ command: String) -> String? {
    guard let input = popen(command, "r") else { return nil }
    let text = everything(from: input)
    return pclose(input) == 0 ? text : nil
}

private func everything(from input: UnsafeMutablePointer<FILE>) -> String {
    var bytes: [UInt8] = []
    while case let byte = getc(input), byte != EOF { bytes.append(UInt8(byte)) }
    return String(decoding: bytes, as: UTF8.self)
}

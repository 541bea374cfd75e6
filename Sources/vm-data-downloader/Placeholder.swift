import Glibc
import Ticks
@main struct Placeholder {
    static func main() async {
        let args = CommandLine.arguments
        let pool = WorkPool()
        let converter = TickConverter(options: ConversionOptions(source: args[1]), pool: pool)
        let inFD = open(args[1], O_RDONLY)
        let outFD = open(args[2], O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        async let feed: Void = {
            while true {
                let chunk = [UInt8](unsafeUninitializedCapacity: 256 << 10) { b, n in
                    n = max(0, read(inFD, b.baseAddress, b.count))
                }
                if chunk.isEmpty { break }
                do { try await converter.write(chunk) } catch { return }
            }
            converter.finish()
        }()
        do {
            while let piece = try await converter.read() {
                _ = piece.withUnsafeBytes { write(outFD, $0.baseAddress, $0.count) }
            }
            await feed
            if let s = converter.summary { print(s) }
        } catch { print("ERROR", error) }
    }
}

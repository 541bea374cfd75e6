internal import Glibc

/// Memory of trivial values that changes its size. For large sizes the C library moves pages instead of bytes, which Swift's own
/// allocation cannot.
enum Memory {
    static func resized<Element: BitwiseCopyable>(
        _ memory: UnsafeMutablePointer<Element>?,
        to count: Int
    ) -> UnsafeMutablePointer<Element> {
        // As Swift's own allocation does. A row group bounds all sizes, so that it is the machine, or a limit such as ulimit -v, that has no
        // more; there is nothing that could go on without.
        guard let new = realloc(memory, max(1, count * MemoryLayout<Element>.stride)) else {
            fatalError("no memory for \(count * MemoryLayout<Element>.stride) bytes")
        }
        return new.assumingMemoryBound(to: Element.self)
    }

    static func free(_ memory: UnsafeMutablePointer<some BitwiseCopyable>) { Glibc.free(memory) }
}

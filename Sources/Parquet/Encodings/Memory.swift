internal import Glibc

/// Memory of trivial values that changes its size. For large sizes the C library moves pages instead of bytes, which Swift's own
/// allocation cannot.
enum Memory {
    static func resized<Element: BitwiseCopyable>(
        _ memory: UnsafeMutablePointer<Element>?,
        to count: Int
    ) -> UnsafeMutablePointer<Element> {
        // As Swift's own allocation does: Linux gives memory before it has it, so that this is a size beyond the address space only.
        guard let new = realloc(memory, max(1, count * MemoryLayout<Element>.stride)) else {
            fatalError("no memory for \(count * MemoryLayout<Element>.stride) bytes")
        }
        return new.assumingMemoryBound(to: Element.self)
    }

    static func free(_ memory: UnsafeMutablePointer<some BitwiseCopyable>) { Glibc.free(memory) }
}

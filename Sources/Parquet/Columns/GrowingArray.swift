/// A growing buffer of trivial values without bounds checks, for one owner.
final class GrowingArray<Element: BitwiseCopyable> {
    private(set) var base: UnsafeMutablePointer<Element>
    private(set) var capacity: Int
    var count = 0

    /// Elements past the end that may be written without harm.
    private static var slack: Int { 16 }

    init(capacity: Int) {
        self.capacity = capacity
        base = Memory.resized(nil, to: capacity + Self.slack)
    }

    deinit { Memory.free(base) }

    /// Room for `extra` elements beyond `count`; pointers taken before are void.
    @inline(__always)
    func reserve(_ extra: Int) {
        if count &+ extra > capacity { grow(to: max(count + extra, capacity * 2)) }
    }

    @inline(never)
    private func grow(to newCapacity: Int) {
        base = Memory.resized(base, to: newCapacity + Self.slack)
        capacity = newCapacity
    }

    /// Empties the buffer and gives its memory back.
    func release() {
        capacity = 0
        count = 0
        base = Memory.resized(base, to: Self.slack)
    }
}

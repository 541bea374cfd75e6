import CShims

/// What the C library does with memory that is freed.
public enum FreedMemory {
    /// Allocations of this many bytes and more are from now on given back to the kernel when they are freed. By itself the library keeps
    /// ever larger ones, up to 32 MiB, for itself: that is faster, and with many large buffers that come and go it is a quarter more.
    public static func givesBack(from bytes: Int32) {
        _ = tick_mmap_threshold(bytes)
    }
}

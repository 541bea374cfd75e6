internal import CISAL

/// Inflates a gzip stream of one or more members with ISA-L, which checks each member's CRC-32 and length. As gzip(1) does, it
/// takes zeros between the last member and the end for padding; a member behind them is not part of the stream.
final class GzipInflater {
    private let state: UnsafeMutablePointer<inflate_state>
    /// Whether the stream could end here: before the first byte, and after a complete member.
    private(set) var isAtMemberEnd = false
    private var isPadded = false
    private let source: String
    private var consumedTotal: Int64 = 0

    init(source: String) {
        self.source = source
        state = .allocate(capacity: 1)
        begin()
    }

    deinit { state.deallocate() }

    private func begin() {
        tick_isal_begin_inflate(state)
        state.pointee.crc_flag = UInt32(ISAL_GZIP)
        isAtMemberEnd = false
    }

    /// Inflates from `input` into `output`; returns how much of each was used. Stops when either is full.
    func inflate(
        _ input: UnsafeBufferPointer<UInt8>,
        into output: UnsafeMutableBufferPointer<UInt8>
    ) throws(TickError) -> (consumed: Int, produced: Int) {
        var consumed = 0
        var produced = 0
        while consumed < input.count || !isAtMemberEnd {
            if isAtMemberEnd {
                if skipZeros(input, &consumed) { continue }
                guard input[consumed] == 0x1F, !isPadded else {
                    throw TickError(
                        .corrupt,
                        "\(source): there is something else after the end of the gzip stream, at byte \(consumedTotal): "
                            + "'\(TickError.excerpt(input[consumed...], limit: 20))'"
                    )
                }
                begin()
            }
            let offeredIn = min(input.count - consumed, Int(UInt32.max))
            let offeredOut = min(output.count - produced, Int(UInt32.max))
            state.pointee.next_in = input.baseAddress.map { UnsafeMutablePointer(mutating: $0 + consumed) }
            state.pointee.avail_in = UInt32(offeredIn)
            state.pointee.next_out = output.baseAddress.map { $0 + produced }
            state.pointee.avail_out = UInt32(offeredOut)
            let result = isal_inflate(state)
            let took = offeredIn - Int(state.pointee.avail_in)
            let gave = offeredOut - Int(state.pointee.avail_out)
            consumed += took
            consumedTotal += Int64(took)
            produced += gave
            guard result == ISAL_DECOMP_OK || result == ISAL_END_INPUT || result == ISAL_OUT_OVERFLOW else {
                throw TickError(
                    .corrupt,
                    "\(source): the gzip stream is damaged\(place(result)): \(why(result)); download it again"
                )
            }
            if state.pointee.block_state == ISAL_BLOCK_FINISH {
                isAtMemberEnd = true
            } else if took == 0, gave == 0 {
                break
            }
        }
        return (consumed, produced)
    }

    /// Skips padding; true when there was some.
    private func skipZeros(_ input: UnsafeBufferPointer<UInt8>, _ consumed: inout Int) -> Bool {
        let zeros = input[consumed...].prefix { $0 == 0 }.count
        if zeros > 0 { isPadded = true }
        consumed += zeros
        consumedTotal += Int64(zeros)
        return zeros > 0
    }

    /// Where it was noticed; what is about the whole stream has no place.
    private func place(_ result: Int32) -> String {
        result == ISAL_INCORRECT_CHECKSUM ? "" : " near byte \(consumedTotal)"
    }

    private func why(_ result: Int32) -> String {
        switch result {
        case ISAL_INCORRECT_CHECKSUM: "its checksum (CRC-32) or length does not fit its content"
        case ISAL_INVALID_BLOCK: "a block of an unknown kind"
        case ISAL_INVALID_SYMBOL: "a code that means nothing"
        case ISAL_INVALID_LOOKBACK: "a reference to before its beginning"
        case ISAL_INVALID_WRAPPER, ISAL_UNSUPPORTED_METHOD: "its header is not gzip's"
        default: "inflate error \(result)"
        }
    }
}

import CLibcurl

/// What the curl thread does: the multi handle and its running transfers. Made, used and closed on that thread only.
final class CurlDriver {
    private let multi: UnsafeMutableRawPointer
    private let options: CurlOptions
    private var exchanges: [ObjectIdentifier: CurlExchange] = [:]
    private var byHandle: [UnsafeMutableRawPointer: ObjectIdentifier] = [:]
    private var queue = PerHostLimiter<CurlTransfer>(limit: CurlDriver.transfersPerHost)

    /// Far above what a fleet's VM has open at once, so that it bounds mistakes and serialises nothing.
    static let transfersPerHost = 256
    /// What transfers hear that the end of the transport cuts off.
    static let shutDown = "the transport has been shut down"

    init(multi: UnsafeMutableRawPointer, options: CurlOptions) {
        self.multi = multi
        self.options = options
        _ = tick_curl_multi_set_long(multi, CURLMOPT_PIPELINING, Int(CURLPIPE_MULTIPLEX))
        // Idle connections that are kept: the default of four times the running handles shrinks when they do.
        _ = tick_curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, Self.transfersPerHost)
    }

    func carryOut(_ command: CurlLoop.Command) {
        switch command {
        case .start(let transfer):
            let host = Self.host(of: transfer)
            if let next = queue.enter(transfer, host: host) { start(next, host: host) }
        case .resumeReceiving(let transfer):
            exchanges[ObjectIdentifier(transfer)]?.resumeReceiving()
        case .drop(let transfer):
            if queue.withdraw(host: Self.host(of: transfer), where: { $0 === transfer }) { return }
            remove(ObjectIdentifier(transfer))
        }
    }

    /// Moves all transfers on, ends those that are done or stalled, and waits for the network or a command.
    func step() {
        var running: Int32 = 0
        _ = curl_multi_perform(multi, &running)
        collectFinished()

        let now = ContinuousClock.now
        var deadline = now + .seconds(60)
        for (id, exchange) in exchanges {
            exchange.transfer.wakeReader()
            if exchange.isStalled(now: now) {
                let limit = exchange.transfer.request.stallTimeout
                let error = exchange.transfer.error(
                    .stalled,
                    "nothing has moved for \(limit); the connection is given up"
                )
                exchange.transfer.finish(.failure(error))
            }
            if exchange.transfer.hasEnded { remove(id) } else { deadline = min(deadline, exchange.deadline) }
        }
        // A held transfer's deadline may be past; looking again in a second is soon enough then.
        let wait = deadline > now ? (deadline - now).milliseconds : 1000
        _ = curl_multi_poll(multi, nil, 0, Int32(clamping: wait), nil)
    }

    func close() {
        for (id, exchange) in exchanges {
            exchange.transfer.finish(.failure(exchange.transfer.error(.cancelled, Self.shutDown)))
            remove(id)
        }
        _ = curl_multi_cleanup(multi)
    }

    private func start(_ transfer: CurlTransfer, host: String) {
        guard !transfer.hasEnded else { return leave(host) }
        do throws(TransportError) {
            let exchange = try CurlExchange(transfer, options: options, now: .now)
            let code = curl_multi_add_handle(multi, exchange.easy)
            guard code == CURLM_OK else { throw transfer.error(.invalid, "libcurl refuses the transfer") }
            exchanges[ObjectIdentifier(transfer)] = exchange
            byHandle[exchange.easy] = ObjectIdentifier(transfer)
        } catch {
            transfer.finish(.failure(error))
            leave(host)
        }
    }

    private func collectFinished() {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle,
                let id = byHandle[easy], let exchange = exchanges[id]
            else { continue }
            // Bytes first: a reader that waits gets them before it hears of the end.
            exchange.transfer.wakeReader()
            exchange.transfer.finish(exchange.outcome(tick_curl_message_result(message)))
            remove(id)
        }
    }

    private func remove(_ id: ObjectIdentifier) {
        guard let exchange = exchanges.removeValue(forKey: id) else { return }
        byHandle[exchange.easy] = nil
        _ = curl_multi_remove_handle(multi, exchange.easy)
        leave(Self.host(of: exchange.transfer))
    }

    private func leave(_ host: String) {
        if let next = queue.leave(host: host) { start(next, host: host) }
    }

    private static func host(of transfer: CurlTransfer) -> String {
        URLParts(transfer.request.url)?.origin ?? ""
    }
}

import CLibcurl
import Glibc

/// One easy handle with its callbacks. Belongs to the curl thread and is never touched elsewhere.
final class CurlExchange {
    let transfer: CurlTransfer
    let easy: UnsafeMutableRawPointer

    private let headers: UnsafeMutablePointer<curl_slist>?
    private let proxies: ProxySettings
    private let errorText: UnsafeMutablePointer<CChar>
    private var stall: StallDetector
    private var bodySent = 0
    private var receivingIsPaused = false
    private var headerBytes: Int64 = 0
    private var status = 0
    private var fields: HTTPHeaders = [:]
    private var headIsDelivered = false

    init(_ transfer: CurlTransfer, options: CurlOptions, now: ContinuousClock.Instant) throws(TransportError) {
        guard let easy = curl_easy_init() else {
            throw transfer.error(.invalid, "libcurl has no memory for a transfer")
        }
        do {
            headers = try options.apply(transfer.request, to: easy)
        } catch {
            curl_easy_cleanup(easy)
            throw error
        }
        self.transfer = transfer
        self.easy = easy
        proxies = options.proxies
        stall = StallDetector(limit: transfer.request.stallTimeout, now: now)
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))

        let me = Unmanaged.passUnretained(self).toOpaque()
        for option in [CURLOPT_WRITEDATA, CURLOPT_READDATA, CURLOPT_HEADERDATA, CURLOPT_SEEKDATA] {
            _ = tick_curl_set_pointer(easy, option, me)
        }
        _ = tick_curl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText)
        _ = tick_curl_set_data_callback(easy, CURLOPT_WRITEFUNCTION) { bytes, size, count, me in
            CurlExchange.from(me)?.received(bytes, size * count) ?? 0
        }
        _ = tick_curl_set_data_callback(easy, CURLOPT_READFUNCTION) { buffer, size, count, me in
            CurlExchange.from(me)?.fill(buffer, size * count) ?? Int(CURL_READFUNC_ABORT)
        }
        _ = tick_curl_set_data_callback(easy, CURLOPT_HEADERFUNCTION) { line, size, count, me in
            CurlExchange.from(me)?.header(line, size * count) ?? 0
        }
        _ = tick_curl_set_seek_callback(easy) { me, offset, origin in
            CurlExchange.from(me)?.seek(offset, origin) ?? CURL_SEEKFUNC_FAIL
        }
    }

    deinit {
        curl_easy_cleanup(easy)
        curl_slist_free_all(headers)
        errorText.deallocate()
    }

    private static func from(_ pointer: UnsafeMutableRawPointer?) -> CurlExchange? {
        pointer.map { Unmanaged<CurlExchange>.fromOpaque($0).takeUnretainedValue() }
    }

    // MARK: Pausing

    /// Lets the server's bytes come again.
    func resumeReceiving() {
        receivingIsPaused = false
        applyPauses()
    }

    private func applyPauses() {
        // libcurl may call back in here and pause again; the flag is then newer than this mask, and right.
        let code = curl_easy_pause(easy, receivingIsPaused ? CURLPAUSE_RECV : 0)
        if code != CURLE_OK { transfer.finish(.failure(failure(code))) }
    }

    // MARK: Watching

    /// Notices a transfer that stands still; `deadline` says when to look again.
    func isStalled(now: ContinuousClock.Instant) -> Bool {
        var up: curl_off_t = 0
        var down: curl_off_t = 0
        var connectedAfter: curl_off_t = 0
        _ = tick_curl_get_offset(easy, CURLINFO_SIZE_UPLOAD_T, &up)
        _ = tick_curl_get_offset(easy, CURLINFO_SIZE_DOWNLOAD_T, &down)
        _ = tick_curl_get_offset(easy, CURLINFO_PRETRANSFER_TIME_T, &connectedAfter)
        // Until it is connected, the connect time-out watches.
        let held = receivingIsPaused || connectedAfter == 0
        return stall.isStalled(bytes: Int64(up) + Int64(down) + headerBytes, held: held, now: now)
    }

    /// When a stall would be noticed at the earliest.
    var deadline: ContinuousClock.Instant { stall.deadline }

    /// The outcome that libcurl's result means.
    func outcome(_ code: CURLcode) -> Result<Void, TransportError> {
        if code != CURLE_OK { return .failure(failure(code)) }
        return headIsDelivered ? .success(()) : .failure(transfer.error(.broken, "the server closed without an answer"))
    }

    private func failure(_ code: CURLcode) -> TransportError {
        var proxyStatus = 0
        _ = tick_curl_get_long(easy, CURLINFO_HTTP_CONNECTCODE, &proxyStatus)
        if proxyStatus >= 400 {
            return transfer.error(.connect, "the proxy refused the connection with status \(proxyStatus)")
        }
        let kind = TransportError.Kind(code)
        // Which hosts `no_proxy` excepts is libcurl's to know.
        let isProxied =
            !proxies.proxy(for: transfer.request.url).isEmpty && proxies.exceptions.isEmpty
            && [.connect, .nameNotResolved].contains(kind)
        let detail = proxies.redacted(curlDetail(code, errorText: String(cString: errorText)))
        return transfer.error(kind, isProxied ? "\(detail) (through the proxy that the environment names)" : detail)
    }

    // MARK: Callbacks

    private func received(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
        if transfer.receive(UnsafeRawBufferPointer(start: bytes, count: count)) { return count }
        receivingIsPaused = true
        return Int(CURL_WRITEFUNC_PAUSE)
    }

    private func fill(_ buffer: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
        let target = UnsafeMutableRawBufferPointer(start: buffer, count: count)
        switch transfer.request.body {
        case .none:
            return 0
        case .bytes(let bytes):
            let part = bytes[bodySent..<min(bytes.count, bodySent + count)]
            part.withUnsafeBytes { target.copyMemory(from: $0) }
            bodySent += part.count
            return part.count
        }
    }

    /// libcurl sends a body again when a kept connection turns out to be closed.
    private func seek(_ offset: curl_off_t, _ origin: Int32) -> Int32 {
        guard case .bytes(let bytes) = transfer.request.body, origin == SEEK_SET,
            (0...bytes.count).contains(Int(offset))
        else { return CURL_SEEKFUNC_FAIL }
        bodySent = Int(offset)
        return CURL_SEEKFUNC_OK
    }

    private func header(_ line: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
        headerBytes += Int64(count)
        // After the head only trailers of a chunked body come here.
        if headIsDelivered { return count }
        switch HeaderLine(UnsafeRawBufferPointer(start: line, count: count)) {
        case .status(let code):
            status = code
            fields = [:]
        case .field(let name, let value):
            fields.add(name, value)
        case .end where status >= 200:
            headIsDelivered = true
            transfer.deliver(HTTPHead(status: status, headers: fields, url: transfer.request.url))
        case .end, .other:
            break
        }
        return count
    }
}

import CLibcurl

extension TransportError.Kind {
    /// What a libcurl result means for what to do next.
    init(_ code: CURLcode) {
        self =
            switch code {
            case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY:
                .nameNotResolved
            // The connect time-out is the only time-out that libcurl is given.
            case CURLE_COULDNT_CONNECT, CURLE_OPERATION_TIMEDOUT, CURLE_PROXY, CURLE_INTERFACE_FAILED:
                .connect
            case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR,
                CURLE_SSL_CERTPROBLEM, CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_PINNEDPUBKEYNOTMATCH,
                CURLE_SSL_CRL_BADFILE:
                .tls(certificate: true)
            case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CIPHER, CURLE_SSL_ENGINE_NOTFOUND, CURLE_USE_SSL_FAILED:
                .tls(certificate: false)
            case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL, CURLE_BAD_FUNCTION_ARGUMENT, CURLE_UNKNOWN_OPTION,
                CURLE_NOT_BUILT_IN, CURLE_FAILED_INIT, CURLE_OUT_OF_MEMORY:
                .invalid
            case CURLE_TOO_MANY_REDIRECTS:
                .redirect
            case CURLE_ABORTED_BY_CALLBACK:
                .cancelled
            // Send and receive errors, partial bodies, empty answers, HTTP/2 stream and framing errors, bad chunks.
            default:
                .broken
            }
    }
}

/// The sentence for a failed transfer: libcurl's own words for this case, or its general ones.
func curlDetail(_ code: CURLcode, errorText: String) -> String {
    if !errorText.isEmpty { return errorText }
    guard let general = curl_easy_strerror(code) else { return "libcurl result \(code.rawValue)" }
    return String(cString: general)
}

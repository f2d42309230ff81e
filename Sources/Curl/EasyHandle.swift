import CCurl

/// libcurl's handle of one transfer. Created, used and freed on the loop's thread only: libcurl's manual forbids using a
/// handle on two threads at the same time.
final class EasyHandle {
    let pointer: UnsafeMutableRawPointer
    let transfer: Transfer
    private var list: UnsafeMutablePointer<curl_slist>?
    private let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
    private var headers = CurlHeaders()

    /// - Throws: ``CurlError`` when the request is invalid.
    init(_ transfer: Transfer, userAgent: String, noProxy: String) throws {
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        guard let pointer = curl_easy_init() else {
            errorText.deallocate()
            throw CurlError(.other, "libcurl could not create a handle")
        }
        self.pointer = pointer
        self.transfer = transfer
        try configure(userAgent: userAgent, noProxy: noProxy)
    }

    deinit {
        curl_easy_cleanup(pointer)
        curl_slist_free_all(list)
        errorText.deallocate()
    }

    /// Returns the error for a result other than `CURLE_OK`.
    func error(_ code: CURLcode) -> CurlError { CurlError(code: code, detail: String(cString: errorText)) }

    private func configure(userAgent: String, noProxy: String) throws {
        let request = transfer.request
        let easy = pointer
        try check(wegent_curl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText))
        try check(wegent_curl_set_long(easy, CURLOPT_NOSIGNAL, 1))
        try check(wegent_curl_allow_http(easy))
        try check(wegent_curl_set_string(easy, CURLOPT_URL, request.url))
        try check(wegent_curl_set_string(easy, CURLOPT_USERAGENT, userAgent))
        try check(wegent_curl_set_string(easy, CURLOPT_NOPROXY, noProxy))
        try check(wegent_curl_set_string(easy, CURLOPT_ACCEPT_ENCODING, nil))
        if let authorities = request.authorities {
            try check(wegent_curl_set_string(easy, CURLOPT_CAINFO, authorities))
        }
        try setTimeouts(request)
        try setRedirects(request)
        try setHeaders(request)
        try setMethod(request)
        try setCallbacks()
    }

    private func setTimeouts(_ request: CurlRequest) throws {
        let connect = max(1, request.connectTimeout.milliseconds)
        try check(wegent_curl_set_long(pointer, CURLOPT_CONNECTTIMEOUT_MS, connect))
        if let idle = request.idleTimeout {
            try check(wegent_curl_set_long(pointer, CURLOPT_LOW_SPEED_LIMIT, 1))
            try check(wegent_curl_set_long(pointer, CURLOPT_LOW_SPEED_TIME, max(1, (idle.milliseconds + 999) / 1000)))
        }
        if let total = request.totalTimeout {
            try check(wegent_curl_set_long(pointer, CURLOPT_TIMEOUT_MS, max(1, total.milliseconds)))
        }
    }

    private func setRedirects(_ request: CurlRequest) throws {
        try check(wegent_curl_set_long(pointer, CURLOPT_FOLLOWLOCATION, request.redirects > 0 ? 1 : 0))
        try check(wegent_curl_set_long(pointer, CURLOPT_MAXREDIRS, request.redirects))
    }

    private func setHeaders(_ request: CurlRequest) throws {
        // Without this a body over 1 MiB waits a second for a "100 Continue" that many servers never send.
        var lines = ["Expect:"]
        for (name, value) in request.headers {
            guard !name.isEmpty, !(name + value).utf8.contains(where: { $0 == 13 || $0 == 10 || $0 == 0 }) else {
                throw CurlError(.invalidRequest, "the header '\(name.prefix(40))' cannot be sent: it has a line break")
            }
            lines.append(value.isEmpty ? "\(name);" : "\(name): \(value)")
        }
        for line in lines { list = curl_slist_append(list, line) }
        try check(wegent_curl_set_list(pointer, CURLOPT_HTTPHEADER, list))
    }

    private func setMethod(_ request: CurlRequest) throws {
        if request.method == "HEAD" {
            try check(wegent_curl_set_long(pointer, CURLOPT_NOBODY, 1))
        } else if request.body != nil || request.method == "POST" {
            let body = request.body ?? []
            try check(wegent_curl_set_long(pointer, CURLOPT_POST, 1))
            try check(wegent_curl_set_offset(pointer, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count)))
            try body.withUnsafeBytes { bytes in
                // libcurl copies as many bytes as the size above.
                let start = bytes.baseAddress.map { UnsafeMutableRawPointer(mutating: $0) }
                if let start { try check(wegent_curl_set_pointer(pointer, CURLOPT_COPYPOSTFIELDS, start)) }
            }
        }
        if request.method != "HEAD" {
            try check(wegent_curl_set_string(pointer, CURLOPT_CUSTOMREQUEST, request.method))
        }
    }

    private func setCallbacks() throws {
        let context = Unmanaged.passUnretained(self).toOpaque()
        try check(wegent_curl_set_pointer(pointer, CURLOPT_HEADERDATA, context))
        try check(
            wegent_curl_set_callback(pointer, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
                guard let bytes, let context else { return 0 }
                let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
                Unmanaged<EasyHandle>.fromOpaque(context).takeUnretainedValue().header(line)
                return size * count
            })
        try check(wegent_curl_set_pointer(pointer, CURLOPT_WRITEDATA, context))
        try check(
            wegent_curl_set_callback(pointer, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
                guard let bytes, let context else { return 0 }
                let chunk = UnsafeRawBufferPointer(start: bytes, count: size * count)
                guard !chunk.isEmpty else { return 0 }
                let handle = Unmanaged<EasyHandle>.fromOpaque(context).takeUnretainedValue()
                return handle.transfer.deliver(chunk) ? size * count : wegent_curl_pause
            })
    }

    /// One line of a head. The status is reported here, at the empty line: a body without bytes never calls
    /// the write callback.
    private func header(_ bytes: UnsafeRawBufferPointer) {
        let line = String(decoding: bytes, as: UTF8.self).trimmingSuffix { $0.isWhitespace }
        if line.hasPrefix("HTTP/") {
            headers = CurlHeaders()
        } else if line.isEmpty {
            headEnded()
        } else if let colon = line.firstIndex(of: ":") {
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            headers.add(String(line[..<colon]), String(value))
        }
    }

    private func headEnded() {
        var status = 0
        guard wegent_curl_get_long(pointer, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK, status >= 200 else { return }
        let isRedirect = [301, 302, 303, 307, 308].contains(status) && headers["location"] != nil
        if isRedirect, transfer.request.redirects > 0 { return }
        transfer.deliver(ResponseHead(status: status, headers: headers))
    }

    private func check(_ code: CURLcode) throws {
        if code != CURLE_OK { throw error(code) }
    }
}

extension Duration {
    /// Whole milliseconds, libcurl's unit.
    fileprivate var milliseconds: Int {
        Int(clamping: components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000)
    }
}

extension String {
    fileprivate func trimmingSuffix(while predicate: (Character) -> Bool) -> Substring {
        var text = self[...]
        while let last = text.last, predicate(last) { text.removeLast() }
        return text
    }
}

/// An HTTP client on libcurl: one thread however many requests, connections kept for the next request, HTTP/2
/// where TLS offers it. Certificates are verified, redirects are not followed unless a request asks for it.
public final class CurlClient: Sendable {
    private let loop: TransferLoop

    /// - Parameter userAgent: what servers read in `User-Agent`.
    public init(userAgent: String = "wegent") {
        loop = TransferLoop(userAgent: userAgent)
        loop.start()
    }

    deinit { loop.stop() }

    /// Sends the request and returns as soon as status and headers are here.
    /// - Throws: ``CurlError``; `CancellationError` when the task was cancelled, which ends the transfer.
    public func send(_ request: CurlRequest) async throws -> CurlResponse {
        try Task.checkCancellation()
        let transfer = Transfer(request)
        let head = try await withTaskCancellationHandler {
            guard loop.post(.start(transfer)) else { throw CurlError(.closed, "the HTTP client was shut down") }
            return try await transfer.head()
        } onCancel: {
            loop.post(.cancel(transfer))
        }
        return CurlResponse(status: head.status, headers: head.headers, body: CurlBody(transfer, of: self))
    }

    /// Ends every transfer with ``CurlError/Kind/closed`` and returns when the thread is gone. Idempotent.
    public func shutdown() async {
        loop.stop()
        await loop.ended()
    }

    func cancel(_ transfer: Transfer) { loop.post(.cancel(transfer)) }

    func resume(_ transfer: Transfer) { loop.post(.resume(transfer)) }
}

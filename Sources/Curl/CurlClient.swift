/// An HTTP client on libcurl: one thread for all requests, connections kept for reuse, HTTP/2 where TLS offers it.
/// Certificates are verified; redirects are followed only if the request allows them.
public final class CurlClient: Sendable {
    private let loop: TransferLoop

    /// - Parameter userAgent: The `User-Agent` header.
    public init(userAgent: String = "wegent") {
        loop = TransferLoop(userAgent: userAgent)
        loop.start()
    }

    deinit { loop.stop() }

    /// Sends the request and returns when status and headers have arrived.
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

    /// Ends every transfer with ``CurlError/Kind/closed`` and returns when the thread has ended. Idempotent.
    public func shutdown() async {
        loop.stop()
        await loop.ended()
    }

    func cancel(_ transfer: Transfer) { loop.post(.cancel(transfer)) }

    func resume(_ transfer: Transfer) { loop.post(.resume(transfer)) }
}

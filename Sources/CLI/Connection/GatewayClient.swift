import Curl
import Messages

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A client of the gateway's HTTP interface.
struct GatewayClient: Sendable {
    /// Longest time for a reply with its body. The gateway's own timeouts are shorter.
    static let timeout: Duration = .seconds(30)
    static let decoder = JSONDecoder()

    let connection: Connection
    private let client: CurlClient

    init(_ connection: Connection) {
        self.connection = connection
        client = CurlClient(userAgent: "wegent/\(Product.version)")
    }

    /// Sends a request and decodes its reply.
    /// - Throws: ``GatewayError`` for a status of 300 or more, ``ConnectionError`` when no reply arrives,
    ///   ``CommandError`` when the reply cannot be decoded.
    func call<T: Decodable>(
        _ type: T.Type, _ method: String, _ path: String, body: (any Encodable & Sendable)? = nil
    ) async throws -> T {
        let bytes = try await send(method, path, body: body)
        do { return try Self.decoder.decode(type, from: bytes.data) } catch {
            throw CommandError(
                "\(connection.url) sent a reply that wegent \(Product.version) cannot read; check that the address is "
                    + "a Wegent gateway's and that the gateway is not newer than this program")
        }
    }

    /// As ``call(_:_:_:body:)`` with POST, for a body that has an idempotency key or an answer id: repeats the request up
    /// to twice when the connection broke before the reply.
    func callIdempotent<Reply: Decodable>(_ type: Reply.Type, _ path: String, _ body: some Encodable & Sendable)
        async throws -> Reply
    {
        for _ in 0..<2 {
            do { return try await call(type, "POST", path, body: body) } catch let error as ConnectionError {
                guard error.mayHaveArrived else { throw error }
            }
        }
        return try await call(type, "POST", path, body: body)
    }

    /// Sends a request and returns the body of the reply.
    /// - Throws: ``GatewayError``, ``ConnectionError``.
    @discardableResult
    func send(_ method: String, _ path: String, body: (any Encodable & Sendable)? = nil) async throws -> [UInt8] {
        var request = request(method, path)
        request.totalTimeout = Self.timeout
        if let body {
            request.headers["Content-Type"] = "application/json"
            request.body = [UInt8](try JSONEncoder().encode(body))
        }
        do {
            let response = try await client.send(request)
            let bytes = try await response.body.bytes(limit: 64 << 20)
            guard response.status < 300 else {
                throw GatewayError(status: response.status, body: bytes, from: connection.url)
            }
            return bytes
        } catch let error as CurlError {
            var failure = ConnectionError(url: connection.url, cause: error)
            if failure.mayBeMistaken { failure.mistake = await SchemeProbe(client: client).mistake(in: connection.url) }
            throw failure
        }
    }

    /// Opens a stream of server-sent events. Reading the body throws ``CurlError`` when the connection breaks.
    /// - Parameter after: The `Last-Event-ID` header; empty = from the first event.
    /// - Throws: ``GatewayError``, ``CurlError``.
    func stream(_ path: String, after: String) async throws -> CurlBody {
        var request = request("GET", path)
        request.headers["Accept"] = "text/event-stream"
        if !after.isEmpty { request.headers["Last-Event-ID"] = after }
        // Three heartbeats of the gateway.
        request.idleTimeout = .seconds(45)
        let response = try await client.send(request)
        guard response.status == 200 else {
            let bytes = try await response.body.bytes(limit: 1 << 20)
            throw GatewayError(status: response.status, body: bytes, from: connection.url)
        }
        return response.body
    }

    private func request(_ method: String, _ path: String) -> CurlRequest {
        var request = CurlRequest(method, connection.url + path)
        request.headers["Accept"] = "application/json"
        if let token = connection.token { request.headers["Authorization"] = "Bearer \(token)" }
        return request
    }
}

extension [UInt8] {
    var data: Data { Data(self) }
}

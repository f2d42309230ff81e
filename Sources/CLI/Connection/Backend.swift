import Curl
import Messages

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The gateway's HTTP interface as this client uses it.
struct Backend: Sendable {
    /// How long an answer may take; the gateway's own deadlines are shorter.
    static let patience: Duration = .seconds(30)
    static let decoder = JSONDecoder()

    let connection: Connection
    private let client: CurlClient

    init(_ connection: Connection) {
        self.connection = connection
        client = CurlClient(userAgent: "wegent/\(Product.version)")
    }

    /// The decoded answer of a request.
    /// - Throws: ``Refusal`` for a status of 300 and above, ``Unreachable`` when there is no answer, ``Failure`` when
    ///   it cannot be understood.
    func call<T: Decodable>(
        _ type: T.Type, _ method: String, _ path: String, body: (any Encodable & Sendable)? = nil
    ) async throws -> T {
        let bytes = try await answer(method, path, body: body)
        do { return try Self.decoder.decode(type, from: bytes.data) } catch {
            throw Failure(
                "\(connection.url) gave an answer that is not understood; is it a Wegent gateway, and a newer one?")
        }
    }

    /// The bytes of an answer.
    /// - Throws: ``Refusal``, ``Unreachable``.
    @discardableResult
    func answer(_ method: String, _ path: String, body: (any Encodable & Sendable)? = nil) async throws -> [UInt8] {
        var request = request(method, path)
        request.totalTimeout = Self.patience
        if let body {
            request.headers["Content-Type"] = "application/json"
            request.body = [UInt8](try JSONEncoder().encode(body))
        }
        do {
            let response = try await client.send(request)
            let bytes = try await response.body.bytes(limit: 64 << 20)
            guard response.status < 300 else {
                throw Refusal(status: response.status, body: bytes, from: connection.url)
            }
            return bytes
        } catch let error as CurlError {
            throw Unreachable(url: connection.url, cause: error)
        }
    }

    /// A stream of server-sent events; the caller reads it and meets ``CurlError`` when it breaks.
    /// - Throws: ``Refusal``, ``CurlError``.
    func stream(_ path: String, after: String) async throws -> CurlBody {
        var request = request("GET", path)
        request.headers["Accept"] = "text/event-stream"
        if !after.isEmpty { request.headers["Last-Event-ID"] = after }
        // Three of the gateway's heartbeats.
        request.idleTimeout = .seconds(45)
        let response = try await client.send(request)
        guard response.status == 200 else {
            let bytes = try await response.body.bytes(limit: 1 << 20)
            throw Refusal(status: response.status, body: bytes, from: connection.url)
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

/// A response of the gateway.
public struct APIResponse: Sendable {
    public let status: Int
    /// The `Content-Type` field.
    public let type: String
    public let body: [UInt8]

    /// The body as JSON; `missing` when it is not JSON.
    public var json: JSON { (try? JSON(body)) ?? .missing }

    /// The `code` of a problem document.
    public var code: String? { json["code"].string }

    /// Returns the body if the status is `expected`.
    /// - Throws: ``UnexpectedStatus``.
    @discardableResult
    public func expect(_ expected: Int) throws -> JSON {
        guard status == expected else { throw UnexpectedStatus(response: self) }
        return json
    }
}

/// A response with another status than the expected one.
public struct UnexpectedStatus: Error, CustomStringConvertible {
    public let response: APIResponse
    public init(response: APIResponse) { self.response = response }
    public var description: String { "HTTP \(response.status): \(String(decoding: response.body, as: UTF8.self))" }
}

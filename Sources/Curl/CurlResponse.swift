/// A server's response. The body arrives while it is read; releasing the body cancels the transfer.
public struct CurlResponse: Sendable {
    /// 200 to 599.
    public let status: Int
    /// The headers of the final response.
    public let headers: CurlHeaders
    /// The body, not read yet.
    public let body: CurlBody
}

/// The head of a response.
struct ResponseHead: Sendable {
    let status: Int
    let headers: CurlHeaders
}

/// What a server answered. The body arrives while it is read; a response whose body nobody holds any more ends
/// its transfer.
public struct CurlResponse: Sendable {
    /// 200 to 599.
    public let status: Int
    /// The fields of the final response.
    public let headers: CurlHeaders
    /// Not yet read.
    public let body: CurlBody
}

/// The head of a response.
struct ResponseHead: Sendable {
    let status: Int
    let headers: CurlHeaders
}

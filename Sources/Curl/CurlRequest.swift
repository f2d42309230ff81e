/// One HTTP request.
public struct CurlRequest: Sendable {
    /// `GET`, `POST`, `PUT`, `DELETE`, …
    public var method: String
    /// An absolute `http` or `https` URL.
    public var url: String
    /// Sent in this order. A name or value with a line break is refused.
    public var headers: CurlHeaders
    /// Sent as it is; nil = no body.
    public var body: [UInt8]?
    /// For the name look-up, the connection and the TLS handshake together.
    public var connectTimeout: Duration
    /// The longest silence in either direction, measured in whole seconds; nil = any. A transfer that waits
    /// for its own slow reader is not silent.
    public var idleTimeout: Duration?
    /// From the start to the last byte; nil = any.
    public var totalTimeout: Duration?
    /// How many redirects are followed; 0 = the redirect itself is the response.
    public var redirects: Int
    /// A file of PEM certificates to trust instead of the system's. Certificates and host names are always verified.
    public var authorities: String?

    public init(
        _ method: String = "GET", _ url: String, headers: CurlHeaders = [:], body: [UInt8]? = nil,
        connectTimeout: Duration = .seconds(10), idleTimeout: Duration? = .seconds(60), totalTimeout: Duration? = nil,
        redirects: Int = 0, authorities: String? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.connectTimeout = connectTimeout
        self.idleTimeout = idleTimeout
        self.totalTimeout = totalTimeout
        self.redirects = redirects
        self.authorities = authorities
    }
}

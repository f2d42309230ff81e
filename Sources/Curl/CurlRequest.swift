/// One HTTP request.
public struct CurlRequest: Sendable {
    /// `GET`, `POST`, `PUT`, `DELETE`, …
    public var method: String
    /// An absolute `http` or `https` URL.
    public var url: String
    /// Sent in this order. A name or value with a line break is an error.
    public var headers: CurlHeaders
    /// The body; nil = none.
    public var body: [UInt8]?
    /// Limit for name resolution, connection and TLS handshake together.
    public var connectTimeout: Duration
    /// The longest time without bytes in either direction, in whole seconds; nil = no limit. Time spent waiting for the
    /// response's reader does not count.
    public var idleTimeout: Duration?
    /// Limit from the start to the last byte; nil = no limit.
    public var totalTimeout: Duration?
    /// Redirects to follow at most; 0 = return the redirect itself.
    public var redirects: Int
    /// A PEM file of certificates to trust instead of the system's. Certificates and host names are always verified.
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

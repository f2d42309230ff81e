/// A refused request's answer: a problem document (RFC 9457) with two members of our own. A reader takes what is
/// there: an answer may come from a proxy.
public struct ProblemBody: Codable, Sendable, Equatable {
    /// `/errors/CODE`.
    public var type: String?
    /// The status' reason phrase.
    public var title: String?
    /// The HTTP status.
    public var status: Int?
    /// What happened, to which thing, and what to do next.
    public var detail: String?
    /// The stable code.
    public var code: ErrorCode?
    /// The trace id of the request, 32 hexadecimal digits.
    public var trace: String?

    public init(_ fault: Fault, title: String, status: Int, trace: TraceID) {
        type = "/errors/\(fault.code)"
        self.title = title
        self.status = status
        detail = fault.message
        code = fault.code
        self.trace = trace.description
    }

    private enum CodingKeys: String, CodingKey {
        case type, title, status, detail, code
        case trace = "trace_id"
    }
}

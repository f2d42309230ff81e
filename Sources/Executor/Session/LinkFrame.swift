import Messages

/// Frames as they travel on a link: header and body in one.
enum LinkFrame {
    /// A message that needs no reply.
    /// - Throws: ``Fault`` when the message has no JSON form.
    static func notice<M: Message>(_ message: M, trace: TraceID = .none) throws -> [UInt8] {
        let body = try Wire.encode(message)
        return Header(.notice, type: M.type, trace: trace).encoded(reserving: body.count) + body
    }

    /// A message that needs one reply, with the deadline in seconds.
    static func request<M: Request>(_ message: M, correlation: UInt64, deadline: Double) throws -> [UInt8] {
        let body = try Wire.encode(message)
        let header = Header(
            .request, type: M.type, correlation: correlation, budget: UInt32(min(deadline, 3600) * 1000))
        return header.encoded(reserving: body.count) + body
    }

    /// The reply to a request that failed.
    static func failure(_ fault: Fault, correlation: UInt64) throws -> [UInt8] {
        Header(.failure, type: Fault.type, correlation: correlation).encoded() + (try Wire.encode(fault))
    }
}

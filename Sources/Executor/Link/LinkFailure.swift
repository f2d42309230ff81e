import Messages

/// Why there is no link.
enum LinkFailure: Error, Equatable {
    /// The server has refused; its status and error.
    case refused(status: Int, Fault)
    /// There was no such reply; an error text that names the destination.
    case unreachable(String)
    /// What is at the address is no gateway of this scheme; an error text that says what to change.
    case mistaken(String)

    /// The error text.
    var message: String {
        switch self {
        case .refused(_, let fault): fault.description
        case .unreachable(let message), .mistaken(let message): message
        }
    }

    /// The error that waiting cannot heal; nil when a later attempt may succeed.
    var permanent: Fault? {
        switch self {
        case .unreachable: nil
        case .mistaken(let message): Fault(.invalidRequest, message)
        case .refused(let status, let fault): Self.heals(status) ? nil : fault
        }
    }

    /// Whether a refusal with this status may pass: the server is overloaded, starting, draining or being replaced.
    private static func heals(_ status: Int) -> Bool { status >= 500 || [408, 425, 429].contains(status) }
}

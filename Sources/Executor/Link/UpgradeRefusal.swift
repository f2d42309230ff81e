import Messages

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The reply of a server that refuses to open the WebSocket: an RFC 9457 problem document, or that of a proxy in
/// between.
enum UpgradeRefusal {
    /// The most bytes that are read of the reply's body.
    static let longestBody = 64 << 10

    private struct Problem: Decodable {
        var code: String?
        var detail: String?
        var title: String?
    }

    /// Returns the error in a reply: the problem's own code and text, else one that names the status and the address.
    static func read(status: Int, body: [UInt8], from address: LinkAddress) -> Fault {
        let problem = try? JSONDecoder().decode(Problem.self, from: Data(body))
        let text = problem?.detail ?? problem?.title
        if let code = problem?.code, let text { return Fault(ErrorCode(rawValue: code), text) }
        let code: ErrorCode = status == 401 || status == 403 ? .tokenInvalid : .unavailable
        let rest = text.map { ": \($0)" } ?? ""
        return Fault(code, "\(address) answered \(status) instead of opening the connection\(rest)")
    }
}

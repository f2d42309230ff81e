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
    /// - Parameter location: Where the reply redirects to.
    static func read(status: Int, location: String? = nil, body: [UInt8], from address: LinkAddress) -> Fault {
        let problem = try? JSONDecoder().decode(Problem.self, from: Data(body))
        let text = problem?.detail ?? problem?.title
        let rest = text.map { ": \($0)" } ?? ""
        let status = location.map { "\(status), a redirect to \($0.prefix(200))," } ?? "\(status)"
        let seen = "\(address) answered \(status) instead of opening the connection\(rest)"
        if location != nil { return Fault(.invalidRequest, "\(seen); use the address that it leads to") }
        if let code = problem?.code, let text {
            let isPath = code == ErrorCode.routeNotFound.rawValue
            return Fault(ErrorCode(rawValue: code), isPath ? "\(seen); \(pathAdvice)" : text)
        }
        switch status {
        case "401", "403": return Fault(.tokenInvalid, seen)
        case "404", "405", "410": return Fault(.routeNotFound, "\(seen); \(pathAdvice)")
        case _ where status.hasPrefix("5"): return Fault(.unavailable, seen)
        default: return Fault(.unavailable, "\(seen); check that the address is a Wegent gateway's")
        }
    }

    private static let pathAdvice = "check the path of the address: the gateway is not below it"
}

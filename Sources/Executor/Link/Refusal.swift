import Messages

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What a server says when it will not open the WebSocket: an RFC 9457 problem document, or whatever stands between.
enum Refusal {
    /// The most that is read of an answer's body.
    static let longestBody = 64 << 10

    private struct Problem: Decodable {
        var code: String?
        var detail: String?
        var title: String?
    }

    /// The fault in an answer: the problem's own code and sentence, else one that names the status and the address.
    static func read(status: Int, body: [UInt8], from address: LinkAddress) -> Fault {
        let problem = try? JSONDecoder().decode(Problem.self, from: Data(body))
        let sentence = problem?.detail ?? problem?.title
        if let code = problem?.code, let sentence { return Fault(ErrorCode(rawValue: code), sentence) }
        let code: ErrorCode = status == 401 || status == 403 ? .tokenInvalid : .unavailable
        let rest = sentence.map { ": \($0)" } ?? ""
        return Fault(code, "\(address) answered \(status) instead of opening the connection\(rest)")
    }
}

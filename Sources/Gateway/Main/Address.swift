import ArgumentParser
import Messages

/// `HOST:PORT`, with an IPv6 address in brackets.
struct Address: Sendable {
    var host: String
    var port: Int

    /// - Throws: `ValidationError` with an example.
    init(_ text: String) throws {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            throw ValidationError("'\(text)' is not HOST:PORT, such as 127.0.0.1:8787")
        }
        do { host = try HostName(text[..<colon]).name } catch let fault as Fault {
            throw ValidationError("'\(text)' is not HOST:PORT, such as 127.0.0.1:8787: \(fault.message)")
        }
        self.port = Int(port)
    }

    /// The host that programs on this machine can dial.
    var reachableHost: String {
        switch host {
        case "0.0.0.0": "127.0.0.1"
        case "::": "[::1]"
        default: (try? HostName(host))?.inURL ?? host
        }
    }
}

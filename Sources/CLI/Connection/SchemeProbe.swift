import Curl
import Messages

/// Asks a server that gave no proper reply whether it speaks the other of HTTP and HTTPS.
struct SchemeProbe {
    /// How long the answer may take.
    private static let timeout: Duration = .seconds(3)

    let client: CurlClient

    /// Returns why the address has the wrong scheme; nil when it has the right one, or that is unknown. Sends no token.
    func mistake(in url: String) async -> String? {
        guard let address = try? BackendURL(url) else { return nil }
        let (here, there) = address.isSecure ? ("https", "http") : ("http", "https")
        guard await speaks("\(there)://\(address.host.inURL):\(address.port)/") else { return nil }
        return "\(address.authority) speaks \(there.uppercased()), not \(here.uppercased()): "
            + "begin the address with \(there)://"
    }

    private func speaks(_ url: String) async -> Bool {
        let request = CurlRequest("GET", url, connectTimeout: Self.timeout, totalTimeout: Self.timeout)
        do {
            // With 400 some servers say that they expect TLS here.
            return try await client.send(request).status != 400
        } catch let error as CurlError {
            return error.kind == .untrusted
        } catch {
            return false
        }
    }
}

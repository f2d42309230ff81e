import Messages
import NIOCore
import Synchronization

/// Counts the open connections of each address that have not become WebSockets. Callable from any thread.
///
/// An IPv6 address counts with its /64, which is what one subscriber gets.
final class AddressLedger: Sendable {
    private let limit: Int
    private let counts = Mutex<[String: Int]>([:])

    /// - Parameter limit: The most connections of an address; 0 = no limit.
    init(limit: Int) { self.limit = limit }

    /// Counts a connection; nil = its address has as many as are allowed.
    func enter(_ address: SocketAddress?) -> Ticket? {
        let key = Self.key(address)
        let isAdmitted = counts.withLock { counts in
            let count = counts[key, default: 0]
            guard limit == 0 || count < limit else { return false }
            counts[key] = count + 1
            return true
        }
        return isAdmitted ? Ticket(ledger: self, key: key) : nil
    }

    /// How many addresses have connections.
    var addresses: Int { counts.withLock { $0.count } }

    fileprivate func leave(_ key: String) {
        counts.withLock { counts in
            let count = counts[key, default: 0] - 1
            counts[key] = count > 0 ? count : nil
        }
    }

    static func key(_ address: SocketAddress?) -> String {
        guard case .v6(let address)? = address else { return address?.ipAddress ?? "local" }
        return withUnsafeBytes(of: address.address.sin6_addr) { bytes in
            // An IPv4 address in IPv6 form counts whole.
            let isMapped = bytes.prefix(10).allSatisfy { $0 == 0 } && bytes[10] == 0xff && bytes[11] == 0xff
            return bytes.prefix(isMapped ? 16 : 8).map { String($0, radix: 16) }.joined(separator: ":")
        }
    }

    /// A counted connection; counted until ``close()``.
    final class Ticket: Sendable {
        private let ledger: AddressLedger
        private let key: String
        private let isOpen = Atomic(true)

        fileprivate init(ledger: AddressLedger, key: String) {
            self.ledger = ledger
            self.key = key
        }

        /// The connection has ended, or has become a WebSocket. Idempotent.
        func close() {
            if isOpen.exchange(false, ordering: .relaxed) { ledger.leave(key) }
        }
    }
}

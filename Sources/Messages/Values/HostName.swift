#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A host as people write it: a name, an IPv4 address, or an IPv6 address, with or without brackets.
///
/// An IPv6 address may have a zone, such as `fe80::1%eth0`, in a URL `[fe80::1%25eth0]` (RFC 6874).
public struct HostName: Equatable, Sendable, CustomStringConvertible {
    /// As a resolver takes it: lower case, without brackets, a zone after a single `%`.
    public let name: String

    /// - Throws: ``Fault`` with code `invalid_request` when no resolver could ever find such a host.
    public init(_ text: some StringProtocol) throws {
        if text.hasPrefix("["), text.hasSuffix("]") || text.contains(":") {
            guard text.hasSuffix("]") else { throw Self.fault(text, "the bracket is not closed") }
            name = try Self.address(text.dropFirst().dropLast(), isBracketed: true)
        } else if text.contains(":") {
            name = try Self.address(text[...], isBracketed: false)
        } else {
            name = try Self.checked(text.lowercased())
        }
    }

    /// Whether it is an IPv6 address.
    public var isIPv6: Bool { name.contains(":") }

    /// As it stands in a URL: brackets around an IPv6 address, its zone after `%25`.
    public var inURL: String {
        guard isIPv6 else { return name }
        return "[\(address)\(zone.map { "%25\($0)" } ?? "")]"
    }

    /// As it stands in a `Host` header, where a zone, which means something on this machine only, is left out.
    public var inHeader: String { isIPv6 ? "[\(address)]" : name }

    public var description: String { name }

    private var address: Substring { name.prefix { $0 != "%" } }
    private var zone: Substring? { name.firstIndex(of: "%").map { name[name.index(after: $0)...] } }

    private static func address(_ text: some StringProtocol, isBracketed: Bool) throws -> String {
        let parts = text.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
        var bytes = in6_addr()
        guard inet_pton(AF_INET6, String(parts[0]), &bytes) == 1 else { throw fault(text, "no IPv6 address") }
        guard parts.count == 2 else { return parts[0].lowercased() }
        var zone = String(parts[1])
        if isBracketed, zone.hasPrefix("25"), zone.count > 2 { zone.removeFirst(2) }
        guard !zone.isEmpty, !isBracketed || parts[1] != "25",
            zone.utf8.allSatisfy({ isLetterOrDigit($0) || "-._~".utf8.contains($0) })
        else {
            throw fault(text, "its zone is no name of a network interface")
        }
        return "\(parts[0].lowercased())%\(zone)"
    }

    private static func checked(_ name: String) throws -> String {
        guard !name.isEmpty else { throw fault(name, "it is empty") }
        guard name.utf8.allSatisfy({ isLetterOrDigit($0) || "-._".utf8.contains($0) }) else {
            throw fault(
                name, "only letters, digits, dots, dashes and underscores can stand in one; write others as xn--…")
        }
        let labels = (name.hasSuffix(".") ? name.dropLast() : name[...])
            .split(separator: ".", omittingEmptySubsequences: false)
        guard name.utf8.count <= 254, labels.allSatisfy({ (1...63).contains($0.utf8.count) }) else {
            throw fault(name, "each part between dots has 1 to 63 characters, the whole at most 253")
        }
        guard labels.last != "invalid" else { throw fault(name, "names under .invalid never exist") }
        var bytes = in_addr()
        if labels.last?.allSatisfy(\.isNumber) == true, inet_aton(name, &bytes) == 0 {
            throw fault(name, "no IPv4 address")
        }
        return name
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }

    private static func fault(_ text: some StringProtocol, _ why: String) -> Fault {
        Fault(.invalidRequest, "'\(BackendURL.printable(text))' is not the name or address of a host: \(why)")
    }
}

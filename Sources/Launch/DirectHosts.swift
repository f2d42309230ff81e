import Messages

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The list in `no_proxy`: names, which cover the names below them, addresses, and networks such as `10.0.0.0/8`,
/// separated by commas or spaces; `*` covers everything.
struct DirectHosts {
    private let entries: [Substring]

    init(_ list: String) { entries = list.split { $0 == "," || $0 == " " } }

    func contains(_ host: HostName) -> Bool {
        let name = host.name.prefix { $0 != "%" }
        let plain = name.hasSuffix(".") ? name.dropLast() : name
        return entries.contains { entry in
            if entry == "*" { return true }
            if let address = Self.address(plain) { return Self.covers(entry, address) }
            let entry = entry.drop { $0 == "." }.lowercased()
            return plain == entry || plain.hasSuffix("." + entry)
        }
    }

    private static func covers(_ entry: Substring, _ address: [UInt8]) -> Bool {
        let parts = entry.split(separator: "/", omittingEmptySubsequences: false)
        let text = parts[0].hasPrefix("[") && parts[0].hasSuffix("]") ? parts[0].dropFirst().dropLast() : parts[0]
        guard let network = Self.address(text), network.count == address.count else { return false }
        guard let bits = parts.count == 2 ? Int(parts[1]) : network.count * 8, (0...network.count * 8).contains(bits)
        else { return false }
        return (0..<bits).allSatisfy { bit in
            let mask = UInt8(0x80) >> (bit % 8)
            return network[bit / 8] & mask == address[bit / 8] & mask
        }
    }

    /// The bytes of an address: 4 or 16; nil for a name.
    private static func address(_ text: Substring) -> [UInt8]? {
        for (family, size) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: size)
            if inet_pton(family, String(text), &bytes) == 1 { return bytes }
        }
        return nil
    }
}

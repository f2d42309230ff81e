import Messages

/// The messages that two ends exchange to connect, to stay connected and to disconnect.
enum Handshake {
    /// Returns the protocol version that both ends support.
    /// - Throws: ``Fault`` `version_incompatible`, or `malformed` for a name that is too long.
    static func version(_ hello: Hello) throws -> UInt8 {
        guard hello.name.utf8.count <= MeshBounds.name else {
            throw Fault(.malformed, "the name in the hello is over \(MeshBounds.name) bytes")
        }
        let version = min(hello.newest, Wire.version)
        guard version >= max(hello.oldest, Wire.oldestVersion) else {
            throw Fault(
                .versionIncompatible,
                "'\(hello.name)' speaks protocol versions \(hello.oldest) to \(hello.newest), this end speaks "
                    + "\(Wire.oldestVersion) to \(Wire.version); update the older one")
        }
        return version
    }

    /// The dialling end's first message.
    static func hello(_ identity: Identity, correlation: UInt64, within: Duration) -> Frame {
        let hello = Hello(
            oldest: Wire.oldestVersion, newest: Wire.version, role: identity.role, name: identity.name,
            incarnation: identity.incarnation)
        return frame(
            Header(.request, type: Hello.type, correlation: correlation, budget: Header.budget(within)), hello)
    }

    static func ping(_ identity: Identity, correlation: UInt64, within: Duration) -> Frame {
        frame(
            Header(.request, type: Ping.type, correlation: correlation, budget: Header.budget(within)),
            Ping(incarnation: identity.incarnation))
    }

    static func bye(_ identity: Identity, _ reason: String) -> Frame {
        frame(Header(.notice, type: Bye.type), Bye(incarnation: identity.incarnation, reason: reason))
    }

    /// Encodes a message of strings and numbers, which cannot fail.
    private static func frame<M: Message>(_ header: Header, _ message: M) -> Frame {
        Frame(header, (try? Wire.encode(message)) ?? [])
    }
}

/// The role of a frame between two ends.
public enum FrameKind: UInt8, Sendable, CaseIterable {
    /// Expects one reply; `budget` is its deadline in milliseconds.
    case request = 1
    /// Replies to the request of the same `correlation`.
    case reply = 2
    /// Replies to a request, or ends a subscription, with a ``Fault``.
    case failure = 3
    /// Expects no reply.
    case notice = 4
    /// Opens a subscription; `budget` is the first credit, in items.
    case subscribe = 5
    /// The next item of the subscription of the same `correlation`.
    case item = 6
    /// Ends a subscription without an error.
    case end = 7
    /// Grants a subscription `budget` more items of credit.
    case credit = 8
    /// Ends a subscription from the subscriber's side.
    case cancel = 9
}

/// The first frame of every mesh message, and the first bytes of every WebSocket message: little endian,
/// 40 bytes and the name of the type.
///
/// | bytes | field |
/// |---|---|
/// | 0 | protocol version, 1 |
/// | 1 | kind |
/// | 2-3 | length of the type's name, 1 to 64 (0 for `reply`, `failure`, `end`, `credit`, `cancel` is allowed) |
/// | 4-7 | budget: deadline in ms (`request`) or credit in items (`subscribe`, `credit`); else 0 |
/// | 8-15 | correlation: chosen by the sender of a request, unique among its open ones |
/// | 16-23 | session: the gateway's number of the executor's session it is from or for; 0 = none |
/// | 24-39 | trace id, all zero = none |
/// | 40… | the type's name |
public struct Header: Sendable, Equatable {
    /// Bytes before the name.
    public static let fixedSize = 40
    /// The longest name of a type, in bytes.
    public static let longestType = 64

    /// The protocol version.
    public var version: UInt8
    /// The frame's role.
    public var kind: FrameKind
    /// The message's type, at most 64 bytes of printable ASCII; may be empty where the correlation names it.
    public var type: String
    /// Deadline in milliseconds (`request`) or credit in items (`subscribe`, `credit`); else 0.
    public var budget: UInt32
    /// Ties replies and items to their request or subscription.
    public var correlation: UInt64
    /// The gateway's number of an executor's session; 0 = none.
    public var session: UInt64
    /// The trace of the request.
    public var trace: TraceID

    public init(
        _ kind: FrameKind, type: String, correlation: UInt64 = 0, budget: UInt32 = 0, session: UInt64 = 0,
        trace: TraceID = .none, version: UInt8 = Wire.version
    ) {
        self.version = version
        self.kind = kind
        self.type = type
        self.budget = budget
        self.correlation = correlation
        self.session = session
        self.trace = trace
    }

    /// Returns the header's bytes, with `body` bytes of capacity after them.
    public func encoded(reserving body: Int = 0) -> [UInt8] {
        var type = type
        return type.withUTF8 { name in
            [UInt8](unsafeUninitializedCapacity: Self.fixedSize + name.count + body) { buffer, count in
                let out = UnsafeMutableRawBufferPointer(buffer)
                out[0] = version
                out[1] = kind.rawValue
                out.storeBytes(
                    of: UInt16(truncatingIfNeeded: name.count).littleEndian, toByteOffset: 2, as: UInt16.self)
                out.storeBytes(of: budget.littleEndian, toByteOffset: 4, as: UInt32.self)
                out.storeBytes(of: correlation.littleEndian, toByteOffset: 8, as: UInt64.self)
                out.storeBytes(of: session.littleEndian, toByteOffset: 16, as: UInt64.self)
                out.storeBytes(of: trace.value.high.littleEndian, toByteOffset: 24, as: UInt64.self)
                out.storeBytes(of: trace.value.low.littleEndian, toByteOffset: 32, as: UInt64.self)
                UnsafeMutableRawBufferPointer(rebasing: out[Self.fixedSize...]).copyMemory(
                    from: UnsafeRawBufferPointer(name))
                count = Self.fixedSize + name.count
            }
        }
    }

    /// Reads a header from the start of `bytes`.
    /// - Returns: the header and how many bytes it took.
    /// - Throws: ``Fault`` with code `malformed` (short, bad name, unknown kind) or `version_incompatible`.
    public static func decode(_ bytes: UnsafeRawBufferPointer) throws -> (header: Header, size: Int) {
        guard bytes.count >= fixedSize else {
            throw Fault(.malformed, "a header needs \(fixedSize) bytes and has \(bytes.count)")
        }
        let version = bytes[0]
        guard version >= Wire.oldestVersion, version <= Wire.version else {
            throw Fault(
                .versionIncompatible,
                "protocol version \(version) is not supported (\(Wire.oldestVersion) to \(Wire.version) are)")
        }
        guard let kind = FrameKind(rawValue: bytes[1]) else {
            throw Fault(.malformed, "frame kind \(bytes[1]) is unknown")
        }
        let length = Int(bytes.littleEndian(UInt16.self, at: 2))
        guard length <= longestType, bytes.count >= fixedSize + length else {
            throw Fault(.malformed, "the type's name has an impossible length of \(length)")
        }
        let name = UnsafeRawBufferPointer(rebasing: bytes[fixedSize..<fixedSize + length])
        guard name.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
            throw Fault(.malformed, "the type's name has characters other than printable ASCII")
        }
        if length == 0, [.request, .notice, .subscribe, .item].contains(kind) {
            throw Fault(.malformed, "a frame of this kind needs the name of a type")
        }
        let trace = TraceID(
            high: bytes.littleEndian(UInt64.self, at: 24), low: bytes.littleEndian(UInt64.self, at: 32))
        let header = Header(
            kind, type: String(decoding: name, as: UTF8.self), correlation: bytes.littleEndian(UInt64.self, at: 8),
            budget: bytes.littleEndian(UInt32.self, at: 4), session: bytes.littleEndian(UInt64.self, at: 16),
            trace: trace, version: version)
        return (header, fixedSize + length)
    }

    /// Reads a header that is followed by its body in the same bytes, as in a WebSocket message.
    /// - Throws: as ``decode(_:)``.
    public static func split(_ bytes: [UInt8]) throws -> (header: Header, body: [UInt8]) {
        let (header, size) = try bytes.withUnsafeBytes { try decode($0) }
        return (header, Array(bytes[size...]))
    }
}

extension [UInt8] {
    /// Appends `value`, least significant byte first.
    @inlinable
    public mutating func appendLittleEndian<T: FixedWidthInteger>(_ value: T) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }
}

extension UnsafeRawBufferPointer {
    /// Returns the integer at `offset`, least significant byte first. The caller checks the bounds.
    @inlinable
    public func littleEndian<T: FixedWidthInteger>(_ type: T.Type, at offset: Int) -> T {
        T(littleEndian: loadUnaligned(fromByteOffset: offset, as: type))
    }
}

import Messages

/// An encoded message: the header, and the body in the same part when it is small, since a second part costs libzmq
/// more than copying a few KiB.
struct Frame: Sendable {
    let head: [UInt8]
    /// Nil when `head` holds the body too.
    let body: [UInt8]?

    init(_ header: Header, _ body: [UInt8]) {
        guard body.count <= MeshBounds.joined else {
            head = header.encoded()
            self.body = body
            return
        }
        var whole = header.encoded(reserving: body.count)
        whole.append(contentsOf: body)
        head = whole
        self.body = nil
    }

    /// Approximate bytes in memory.
    var size: Int { head.count + (body?.count ?? 0) }
}

extension Header {
    /// The `budget` of a request that may take `deadline`, in milliseconds; at least 1.
    static func budget(_ deadline: Duration) -> UInt32 {
        UInt32(clamping: max(1, Int64((deadline / .milliseconds(1)).rounded())))
    }
}

extension Fault {
    /// The fault for a body over ``MeshBounds/frame``.
    static func tooLarge(_ type: String, bytes: Int) -> Fault {
        Fault(.messageTooLarge, "a \(type) of \(bytes) bytes is over the limit of \(MeshBounds.frame)")
    }
}

import Messages

/// An encoded message: a header, and the body in the same part when it is small, since a second part costs libzmq
/// more than copying a few KiB.
struct Frame: Sendable {
    let head: [UInt8]
    /// nil when `head` has it all.
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

    /// Bytes in memory, roughly.
    var size: Int { head.count + (body?.count ?? 0) }
}

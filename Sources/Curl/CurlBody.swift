/// The bytes of a response as they arrive: an element holds all bytes received since the last one, and is never empty.
/// One reader may read it, once. A slow reader slows the server down (``Transfer/window``).
public struct CurlBody: AsyncSequence, Sendable {
    public typealias Element = [UInt8]

    private let lease: Lease

    init(_ transfer: Transfer, of client: CurlClient) { lease = Lease(transfer, client) }

    public func makeAsyncIterator() -> Iterator { Iterator(lease: lease) }

    /// Reads the whole body.
    /// - Throws: ``CurlError`` with kind `tooLarge` when there are more than `limit` bytes.
    public func bytes(limit: Int = 8 << 20) async throws -> [UInt8] {
        var all: [UInt8] = []
        for try await chunk in self {
            guard all.count + chunk.count <= limit else {
                throw CurlError(.tooLarge, "the response has more than \(limit) bytes")
            }
            if all.isEmpty { all = chunk } else { all += chunk }
        }
        return all
    }

    /// Reads the body chunk by chunk.
    public struct Iterator: AsyncIteratorProtocol {
        fileprivate let lease: Lease

        /// Returns the next bytes; nil at the end of the body.
        /// - Throws: ``CurlError``; `CancellationError`, which also ends the transfer.
        public mutating func next() async throws -> [UInt8]? {
            let (transfer, client) = (lease.transfer, lease.client)
            let chunk = try await withTaskCancellationHandler {
                try await transfer.nextChunk()
            } onCancel: {
                client.cancel(transfer)
            }
            if transfer.shouldResume() { client.resume(transfer) }
            return chunk
        }
    }

    /// Cancels the transfer when the last body and the last iterator are released.
    fileprivate final class Lease: Sendable {
        let transfer: Transfer
        let client: CurlClient

        init(_ transfer: Transfer, _ client: CurlClient) {
            self.transfer = transfer
            self.client = client
        }

        deinit { client.cancel(transfer) }
    }
}

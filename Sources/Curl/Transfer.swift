import CCurl
import Synchronization

/// One request under way: what the loop's thread and the reader share, under a lock that nobody holds while
/// calling out.
final class Transfer: Sendable {
    /// How many bytes wait for a reader before the sender is held back: enough for a fast stream, little enough
    /// for thousands of readers.
    static let window = 256 << 10

    let request: CurlRequest
    private let state = Mutex(State())

    private struct State {
        var head: Result<ResponseHead, any Error>?
        var headWaiter: CheckedContinuation<ResponseHead, any Error>?
        var buffer: [UInt8] = []
        var chunkWaiter: CheckedContinuation<[UInt8]?, any Error>?
        var end: Result<Void, any Error>?
        var paused = false
    }

    init(_ request: CurlRequest) { self.request = request }

    // MARK: The reader's side

    /// Waits for status and headers.
    func head() async throws -> ResponseHead {
        try await withCheckedThrowingContinuation { continuation in
            let known = state.withLock { state in
                if state.head == nil { state.headWaiter = continuation }
                return state.head
            }
            if let known { continuation.resume(with: known) }
        }
    }

    /// Waits for bytes; nil at the end.
    func nextChunk() async throws -> [UInt8]? {
        try Task.checkCancellation()
        return try await withCheckedThrowingContinuation { continuation in
            let known: Result<[UInt8]?, any Error>? = state.withLock { state in
                if !state.buffer.isEmpty {
                    defer { state.buffer = [] }
                    return .success(state.buffer)
                }
                if let end = state.end { return end.map { nil } }
                guard state.chunkWaiter == nil else {
                    return .failure(CurlError(.other, "a response has one reader at a time"))
                }
                state.chunkWaiter = continuation
                return nil
            }
            if let known { continuation.resume(with: known) }
        }
    }

    /// Whether the sender is held back and there is room again; true once.
    func shouldResume() -> Bool {
        state.withLock { state in
            guard state.paused, state.buffer.count < Self.window else { return false }
            state.paused = false
            return true
        }
    }

    // MARK: The loop's side

    /// Whether its end is known.
    var isOver: Bool { state.withLock { $0.end != nil } }

    /// The head is complete.
    func deliver(_ head: ResponseHead) {
        let waiter = state.withLock { state in
            guard state.head == nil else { return nil as CheckedContinuation<ResponseHead, any Error>? }
            state.head = .success(head)
            defer { state.headWaiter = nil }
            return state.headWaiter
        }
        waiter?.resume(returning: head)
    }

    /// Bytes of the body; false when the reader is behind, and then they are offered again later.
    func deliver(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let (taken, waiter) = state.withLock { state in
            if let waiter = state.chunkWaiter {
                state.chunkWaiter = nil
                return (true, waiter as CheckedContinuation<[UInt8]?, any Error>?)
            }
            guard state.buffer.count < Self.window else {
                state.paused = true
                return (false, nil)
            }
            state.buffer.append(contentsOf: bytes)
            return (true, nil)
        }
        waiter?.resume(returning: [UInt8](bytes))
        return taken
    }

    /// Nothing follows; the first end counts.
    func finish(_ end: Result<Void, any Error>) {
        let failure: any Error =
            switch end {
            case .success: CurlError(.broken, "the server ended the connection without a response")
            case .failure(let error): error
            }
        let (headWaiter, chunkWaiter) = state.withLock { state in
            guard state.end == nil else {
                return (nil, nil)
                    as (CheckedContinuation<ResponseHead, any Error>?, CheckedContinuation<[UInt8]?, any Error>?)
            }
            state.end = end
            if state.head == nil { state.head = .failure(failure) }
            defer { (state.headWaiter, state.chunkWaiter) = (nil, nil) }
            return (state.headWaiter, state.chunkWaiter)
        }
        headWaiter?.resume(throwing: failure)
        chunkWaiter?.resume(with: end.map { nil })
    }
}

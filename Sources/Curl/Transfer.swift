import CCurl
import Synchronization

/// A request in progress: the state that the loop's thread and the reader share, under a lock that is never held during
/// a callback.
final class Transfer: Sendable {
    /// Bytes buffered for a slow reader before the transfer is paused: enough for a fast stream, little enough for
    /// thousands of readers.
    static let window = 256 << 10

    let request: CurlRequest
    private let state = Mutex(State())

    private struct State {
        var head: Result<ResponseHead, any Error>?
        var headContinuation: CheckedContinuation<ResponseHead, any Error>?
        var buffer: [UInt8] = []
        var chunkContinuation: CheckedContinuation<[UInt8]?, any Error>?
        var end: Result<Void, any Error>?
        var isPaused = false
    }

    init(_ request: CurlRequest) { self.request = request }

    // MARK: Reader

    /// Waits for status and headers.
    func head() async throws -> ResponseHead {
        try await withCheckedThrowingContinuation { continuation in
            let known = state.withLock { state in
                if state.head == nil { state.headContinuation = continuation }
                return state.head
            }
            if let known { continuation.resume(with: known) }
        }
    }

    /// Waits for the next bytes; nil at the end.
    func nextChunk() async throws -> [UInt8]? {
        try Task.checkCancellation()
        return try await withCheckedThrowingContinuation { continuation in
            let known: Result<[UInt8]?, any Error>? = state.withLock { state in
                if !state.buffer.isEmpty {
                    defer { state.buffer = [] }
                    return .success(state.buffer)
                }
                if let end = state.end { return end.map { nil } }
                guard state.chunkContinuation == nil else {
                    return .failure(CurlError(.other, "a response has one reader at a time"))
                }
                state.chunkContinuation = continuation
                return nil
            }
            if let known { continuation.resume(with: known) }
        }
    }

    /// Returns true once when the transfer is paused and the buffer has room again.
    func shouldResume() -> Bool {
        state.withLock { state in
            guard state.isPaused, state.buffer.count < Self.window else { return false }
            state.isPaused = false
            return true
        }
    }

    // MARK: Loop

    /// Whether it has finished, failed or been cancelled.
    var isEnded: Bool { state.withLock { $0.end != nil } }

    /// Delivers the complete head.
    func deliver(_ head: ResponseHead) {
        let continuation = state.withLock { state in
            guard state.head == nil else { return nil as CheckedContinuation<ResponseHead, any Error>? }
            state.head = .success(head)
            defer { state.headContinuation = nil }
            return state.headContinuation
        }
        continuation?.resume(returning: head)
    }

    /// Delivers bytes of the body; false when the buffer is full, and libcurl offers them again later.
    func deliver(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let (accepted, continuation) = state.withLock { state in
            if let continuation = state.chunkContinuation {
                state.chunkContinuation = nil
                return (true, continuation as CheckedContinuation<[UInt8]?, any Error>?)
            }
            guard state.buffer.count < Self.window else {
                state.isPaused = true
                return (false, nil)
            }
            state.buffer.append(contentsOf: bytes)
            return (true, nil)
        }
        continuation?.resume(returning: [UInt8](bytes))
        return accepted
    }

    /// Ends the transfer; only the first call counts.
    func finish(_ end: Result<Void, any Error>) {
        let failure: any Error =
            switch end {
            case .success: CurlError(.broken, "the server ended the connection without a response")
            case .failure(let error): error
            }
        let (headContinuation, chunkContinuation) = state.withLock { state in
            guard state.end == nil else {
                return (nil, nil)
                    as (CheckedContinuation<ResponseHead, any Error>?, CheckedContinuation<[UInt8]?, any Error>?)
            }
            state.end = end
            if state.head == nil { state.head = .failure(failure) }
            defer { (state.headContinuation, state.chunkContinuation) = (nil, nil) }
            return (state.headContinuation, state.chunkContinuation)
        }
        headContinuation?.resume(throwing: failure)
        chunkContinuation?.resume(with: end.map { nil })
    }
}

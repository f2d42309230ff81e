import Foundation
import Synchronization

/// The lines that a process has written to one of its outputs; beyond the limit the oldest are dropped.
public final class LineLog: Sendable {
    private struct State {
        var lines: [String] = []
        var dropped = 0
        var rest: [UInt8] = []
        var ended = false
    }

    private let state = Mutex(State())
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    /// The complete lines so far.
    public var lines: [String] { state.withLock { $0.lines } }

    /// All lines as one text, the unfinished line included; for the message of a failed test.
    public var text: String {
        state.withLock { ($0.lines + [String(decoding: $0.rest, as: UTF8.self)]).joined(separator: "\n") }
    }

    /// Whether the process has closed the output.
    public var ended: Bool { state.withLock { $0.ended } }

    /// Waits for a line that `matches`, including those already there.
    /// - Throws: ``Overdue`` with the newest lines, also when the output ends without such a line.
    public func line(
        within limit: Duration = .seconds(60), _ what: String = "a line",
        where matches: (String) -> Bool = { _ in true }
    ) async throws -> String {
        do {
            let found: String? = try await eventually(what, within: limit) {
                let (lines, ended) = state.withLock { ($0.lines, $0.ended) }
                if let line = lines.first(where: matches) { return .some(line) }
                return ended ? .some(nil) : nil
            }
            if let found { return found }
        } catch is Overdue {}
        throw Overdue(what, after: limit, seen: "output was: \(text.suffix(4000))")
    }

    func append(_ bytes: UnsafeRawBufferPointer) {
        state.withLock { state in
            for byte in bytes {
                guard byte == UInt8(ascii: "\n") else {
                    // 1 MiB holds a line of the longest event.
                    if state.rest.count < 1 << 20 { state.rest.append(byte) }
                    continue
                }
                state.lines.append(String(decoding: state.rest, as: UTF8.self))
                state.rest.removeAll(keepingCapacity: true)
            }
            if state.lines.count > limit {
                state.dropped += state.lines.count - limit
                state.lines.removeFirst(state.lines.count - limit)
            }
        }
    }

    func end() {
        state.withLock { state in
            if !state.rest.isEmpty { state.lines.append(String(decoding: state.rest, as: UTF8.self)) }
            state.rest = []
            state.ended = true
        }
    }
}

import Dispatch
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A file beside the database in which the leader shows that it runs, and what a long start is at. Renewals of the lease wait
/// for the store's writer; this does not, so a standby can tell a long write from a frozen process.
///
/// Owns the file and writes it on a queue of its own, so that a disk that hangs delays no other work. Without the file, as on
/// a full disk, only the lease shows that the leader runs.
final class LifeSign: Sendable {
    /// What the file shows.
    struct Reading: Sendable, Equatable {
        /// The process that wrote last.
        var process: Int
        /// Grows while that process runs.
        var beat: UInt64
        /// For how long it has been at `work`, in s.
        var seconds: Int
        /// What a start is at, such as `migration, step 3`; nil = it serves.
        var work: String?
    }

    private struct State {
        var beat: UInt64 = 0
        var work: String?
        var since = ContinuousClock.now
    }

    /// Between two signs of a start, in ms.
    private static let workMs = 200
    /// The length of the file: every sign overwrites the whole of it.
    private static let length = 128

    private let file: Int32
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "dispatcher.alive")
    /// Only cancelled after the initializer.
    nonisolated(unsafe) private let timer: any DispatchSourceTimer

    static func path(in directory: String) -> String { "\(directory)/dispatcher.alive" }

    /// Begins to show that this process starts, until ``serve()``.
    init(directory: String) {
        file = open(Self.path(in: directory), O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        timer = DispatchSource.makeTimerSource(queue: queue)
        timer.schedule(deadline: .now(), repeating: .milliseconds(Self.workMs))
        timer.setEventHandler { [weak self] in self?.writeIfAtWork() }
        show("start")
        timer.activate()
    }

    deinit {
        timer.cancel()
        if file >= 0 { close(file) }
    }

    /// Shows what the start is at.
    func show(_ work: String) {
        state.withLock { state in
            guard state.work != work else { return }
            state.work = work
            state.since = .now
        }
    }

    /// The start is over: from now on only ``beat()`` shows that this process runs, so that one with a stuck reactor does not
    /// seem alive.
    func serve() {
        state.withLock { $0.work = nil }
        beat()
    }

    /// Shows that this process runs.
    func beat() { queue.async { self.write() } }

    private func writeIfAtWork() { if state.withLock({ $0.work != nil }) { write() } }

    private func write() {
        guard file >= 0 else { return }
        let text = state.withLock { state in
            state.beat += 1
            let seconds = (ContinuousClock.now - state.since).components.seconds
            return "\(getpid()) \(state.beat) \(seconds) \(state.work ?? "")"
        }
        var bytes = Array(text.utf8.prefix(Self.length - 1))
        bytes += Array(repeating: 0x20, count: Self.length - 1 - bytes.count) + [0x0a]
        _ = pwrite(file, bytes, bytes.count, 0)
    }

    /// Reads the sign in a directory; nil = there is none.
    static func read(in directory: String) -> Reading? {
        let file = open(path(in: directory), O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: length)
        let count = pread(file, &bytes, length, 0)
        guard count > 0 else { return nil }
        let text = String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n").first ?? ""
        let parts = text.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 4, let process = Int(parts[0]), let beat = UInt64(parts[1]), let seconds = Int(parts[2])
        else {
            return nil
        }
        var work = String(parts[3])
        while work.last == " " { work.removeLast() }
        return Reading(process: process, beat: beat, seconds: seconds, work: work.isEmpty ? nil : work)
    }
}

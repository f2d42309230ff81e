import Foundation
import Synchronization

/// A program in a process group of its own. Its outputs are collected from the first byte on, it is always reaped, and
/// it is killed when this object is released.
public final class ChildProcess: Sendable {
    /// The process, which leads its group.
    public let pid: pid_t
    /// The lines of its standard output.
    public let stdout: LineLog
    /// The lines of its standard error.
    public let stderr: LineLog
    private let status = Mutex<ExitStatus?>(nil)
    private let input: Mutex<Int32>
    /// Held from creating the pipes until the child has started, so that no other child inherits an end.
    private static let startLock = NSLock()

    /// Starts `program`.
    /// - Parameters:
    ///   - environment: Added to the variables of ``inherited``. `HOME` does not exist unless it is given, so that no
    ///     test reads the user's settings.
    ///   - directory: Its working directory; nil = this process's.
    ///   - lines: Lines of each output to keep.
    /// - Throws: `POSIXError` when it cannot be started.
    public init(
        _ program: String, _ arguments: [String] = [], environment: [String: String] = [:], directory: String? = nil,
        lines: Int = 20_000
    ) throws {
        stdout = LineLog(limit: lines)
        stderr = LineLog(limit: lines)
        Self.startLock.lock()
        defer { Self.startLock.unlock() }
        let (inputRead, inputWrite) = try Self.pipe()
        let (outRead, outWrite) = try Self.pipe()
        let (errorRead, errorWrite) = try Self.pipe()
        input = Mutex(inputWrite)
        defer { for end in [inputRead, outWrite, errorWrite] { close(end) } }
        do {
            pid = try Spawn.start(
                [program] + arguments, environment: Self.inherited.merging(environment) { $1 }, directory: directory,
                input: inputRead, output: outWrite, error: errorWrite)
        } catch {
            for end in [inputWrite, outRead, errorRead] { close(end) }
            throw error
        }
        Self.read(outRead, into: stdout)
        Self.read(errorRead, into: stderr)
        Thread.detachNewThread { [pid, weak self] in
            // Waits without reaping: until the lock is taken, the process id cannot be reused.
            var info = siginfo_t()
            while waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT) != 0, errno == EINTR {}
            var status: Int32 = 0
            guard let self else {
                waitpid(pid, &status, 0)
                return
            }
            self.status.withLock {
                waitpid(pid, &status, 0)
                $0 = ExitStatus(wait: status)
            }
        }
    }

    /// Its exit status; nil while it runs.
    public var ended: ExitStatus? { status.withLock { $0 } }

    /// Sends a signal to the process alone; no effect when it has ended.
    public func signal(_ number: Int32) {
        status.withLock { if $0 == nil { kill(pid, number) } }
    }

    /// Sends a signal to its process group.
    public func signalGroup(_ number: Int32) {
        status.withLock { if $0 == nil { kill(-pid, number) } }
    }

    /// Writes to its standard input.
    public func write(_ text: String) {
        let bytes = Array(text.utf8)
        input.withLock { descriptor in
            var done = 0
            while done < bytes.count, descriptor >= 0 {
                let count = bytes[done...].withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
                if count <= 0 { break }
                done += count
            }
        }
    }

    /// Closes its standard input.
    public func closeInput() {
        input.withLock { descriptor in
            if descriptor >= 0 { close(descriptor) }
            descriptor = -1
        }
    }

    /// Waits until it has ended and both outputs are read to their end, or for a second more when a grandchild holds
    /// them open.
    /// - Throws: ``Overdue`` with the end of its standard error.
    @discardableResult
    public func exit(within limit: Duration = .seconds(60)) async throws -> ExitStatus {
        do {
            let status = try await eventually("the exit of process \(pid)", within: limit) { ended }
            _ = try? await eventually("the end of its outputs", within: .seconds(1)) { stdout.ended && stderr.ended }
            return status
        } catch is Overdue {
            throw Overdue("the exit of process \(pid)", after: limit, seen: "\(stderr.text.suffix(4000))")
        }
    }

    /// Blocks the thread until it has ended, for at most two seconds: for deinitialisers, which cannot await.
    public func exitBlocking() {
        let end = ContinuousClock.now + .seconds(2)
        while ended == nil, ContinuousClock.now < end { usleep(2000) }
    }

    /// Sends SIGTERM and waits; kills its group when it does not end in time.
    /// - Throws: ``Overdue`` when it was killed.
    @discardableResult
    public func stop(within limit: Duration = .seconds(20)) async throws -> ExitStatus {
        signal(SIGTERM)
        do {
            return try await exit(within: limit)
        } catch {
            signalGroup(SIGKILL)
            _ = try? await exit(within: .seconds(10))
            throw error
        }
    }

    deinit {
        signalGroup(SIGKILL)
        closeInput()
    }

    /// The variables of this process's environment that every child inherits.
    public static let inherited: [String: String] = {
        let names = ["PATH", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "ASAN_OPTIONS", "TSAN_OPTIONS"]
        let all = ProcessInfo.processInfo.environment
        return all.filter { names.contains($0.key) }.merging(["HOME": "/nonexistent"]) { $1 }
    }()

    private static func pipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        guard Foundation.pipe(&ends) == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }

    private static func read(_ descriptor: Int32, into log: LineLog) {
        Thread.detachNewThread {
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 1)
            defer { buffer.deallocate() }
            while true {
                let count = Foundation.read(descriptor, buffer.baseAddress, buffer.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { break }
                log.append(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<count]))
            }
            close(descriptor)
            log.end()
        }
    }
}

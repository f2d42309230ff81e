import Foundation
import TestSupport

/// Keeps shell tasks running until the test releases them: they read from a FIFO.
public final class TaskBarrier: Sendable {
    private let path: String
    private let descriptor: Int32

    /// - Throws: `POSIXError` when the FIFO cannot be created.
    public init(in directory: TemporaryDirectory) throws {
        path = directory.file("hold-\(UUID().uuidString.prefix(8))")
        guard mkfifo(path, 0o600) == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        // Opened for reading and writing, so that neither side waits for the other to open it.
        descriptor = open(path, O_RDWR | O_CLOEXEC)
    }

    /// A command line that prints `started` and its process id, waits, and prints `released`.
    public var command: String { "echo started $$; read line < '\(path)'; echo released" }

    /// Releases `count` of the tasks.
    public func release(_ count: Int = 1) {
        for _ in 0..<count { _ = write(descriptor, "go\n", 3) }
    }

    deinit {
        // Releases tasks that outlive the test.
        release(16)
        close(descriptor)
    }
}

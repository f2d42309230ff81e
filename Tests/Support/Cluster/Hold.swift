import Foundation
import TestSupport

/// Keeps shell tasks running until the test lets them go: a FIFO that they read from.
public final class Hold: Sendable {
    private let path: String
    private let descriptor: Int32

    /// - Throws: when the FIFO cannot be made.
    public init(in directory: TemporaryDirectory) throws {
        path = directory.file("hold-\(UUID().uuidString.prefix(8))")
        guard mkfifo(path, 0o600) == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        // Open for both, so that neither side waits for the other to open.
        descriptor = open(path, O_RDWR | O_CLOEXEC)
    }

    /// A command line that says `started` and its process id, waits, and says `released`.
    public var command: String { "echo started $$; read line < '\(path)'; echo released" }

    /// Lets `count` of the tasks go.
    public func release(_ count: Int = 1) {
        for _ in 0..<count { _ = write(descriptor, "go\n", 3) }
    }

    deinit {
        // A task that outlived its test ends now.
        release(16)
        close(descriptor)
    }
}

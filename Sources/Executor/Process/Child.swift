import Messages
import NIOCore
import NIOPosix
import Subprocess

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What to start.
struct Command: Sendable {
    var executable: String
    var arguments: [String]
    var environment: [String: String]
    var directory: String
}

/// How a child ended.
enum ExitStatus: Equatable, Sendable {
    case exited(Int32)
    case signalled(Int32)

    /// As a shell has it in `$?`.
    var code: Int32 {
        switch self {
        case .exited(let code): code
        case .signalled(let signal): 128 + signal
        }
    }

    /// For people.
    var sentence: String {
        switch self {
        case .exited(let code): "ended with status \(code)"
        case .signalled(let signal): "was ended by signal \(signal)"
        }
    }
}

/// A running child in a session and process group of its own, with its standard streams as pipes that this process
/// reads: what background children write after the child has ended can still be read for a while.
final class Child: Sendable {
    typealias Stream = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    let group: ProcessGroup
    /// Reads standard output; writes to standard input when it was asked for.
    let output: Stream
    /// Reads standard error.
    let errors: Stream
    private let exit: Task<ExitStatus, Never>
    /// Copies of the read ends, only to be asked whether something is in the pipes.
    private let probes: [Int32]

    private init(
        group: ProcessGroup, output: Stream, errors: Stream, exit: Task<ExitStatus, Never>, probes: [Int32]
    ) {
        self.group = group
        self.output = output
        self.errors = errors
        self.exit = exit
        self.probes = probes
    }

    deinit { for probe in probes { close(probe) } }

    /// Whether something was written that has not been taken out of the pipes.
    var hasUnread: Bool {
        var polled = probes.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        return poll(&polled, nfds_t(polled.count), 0) > 0 && polled.contains { $0.revents & Int16(POLLIN) != 0 }
    }

    /// Waits for the child itself, not for what it has started.
    func wait() async -> ExitStatus { await exit.value }

    /// Stops reading, whoever still holds the other ends.
    func closeStreams() {
        output.channel.close(promise: nil)
        errors.channel.close(promise: nil)
    }

    /// Starts a child.
    /// - Parameter input: whether something will be written to its standard input; else that is empty.
    /// - Throws: ``Fault`` with code `spawn_failed`.
    static func start(_ command: Command, input: Bool) async throws -> Child {
        var pipes: [PipeEnds] = []
        var exit: Task<ExitStatus, Never>?
        do {
            for _ in 0..<(input ? 3 : 2) { pipes.append(try PipeEnds()) }
            let (started, task) = spawn(command, pipes)
            exit = task
            // From the spawn on, the write ends (and the input's read end) are the library's to close.
            let pid = try await started()
            let probes = pipes.prefix(2).map { fcntl($0.read, F_DUPFD_CLOEXEC, 0) }.filter { $0 >= 0 }
            let output = try await stream(reading: pipes[0].read, writing: input ? pipes[2].write : nil)
            let errors = try await stream(reading: pipes[1].read, writing: nil)
            return Child(group: ProcessGroup(id: pid), output: output, errors: errors, exit: task, probes: probes)
        } catch {
            if exit == nil { for pipe in pipes { pipe.closeAll() } }
            throw error as? Fault
                ?? Fault(.spawnFailed, "\(command.executable) could not be started in \(command.directory): \(error)")
        }
    }

    private static func spawn(
        _ command: Command, _ pipes: [PipeEnds]
    ) -> (started: () async throws -> Int32, exit: Task<ExitStatus, Never>) {
        let (pids, report) = AsyncThrowingStream<Int32, any Error>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let exit = Task.detached { () -> ExitStatus in
            do {
                let status = try await run(command, pipes) { pid in report.yield(pid) }
                report.finish()
                return status
            } catch {
                report.finish(throwing: error)
                return .exited(127)
            }
        }
        let started: () async throws -> Int32 = {
            for try await pid in pids { return pid }
            throw Fault(.spawnFailed, "\(command.executable) could not be started")
        }
        return (started, exit)
    }

    private static func run(
        _ command: Command, _ pipes: [PipeEnds], started: @Sendable (Int32) -> Void
    ) async throws -> ExitStatus {
        var options = PlatformOptions()
        options.createSession = true
        let environment = command.environment.map { name, value in Array("\(name)=\(value)\0".utf8) }
        let configuration = Configuration(
            executable: .path(.init(command.executable)), arguments: Arguments(command.arguments),
            environment: .custom(environment), workingDirectory: .init(command.directory), platformOptions: options)
        let output = FileDescriptorOutput.fileDescriptor(
            .init(rawValue: pipes[0].write), closeAfterSpawningProcess: true)
        let errors = FileDescriptorOutput.fileDescriptor(
            .init(rawValue: pipes[1].write), closeAfterSpawningProcess: true)
        let status: TerminationStatus
        if pipes.count == 3 {
            let input = FileDescriptorInput.fileDescriptor(
                .init(rawValue: pipes[2].read), closeAfterSpawningProcess: true)
            status = try await Subprocess.run(configuration, input: input, output: output, error: errors) { execution in
                started(execution.processIdentifier.value)
            }.terminationStatus
        } else {
            status = try await Subprocess.run(configuration, input: .none, output: output, error: errors) { execution in
                started(execution.processIdentifier.value)
            }.terminationStatus
        }
        switch status {
        case .exited(let code): return .exited(code)
        case .signaled(let signal): return .signalled(signal)
        }
    }

    private static func stream(reading: Int32, writing: Int32?) async throws -> Stream {
        let bootstrap = NIOPipeBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        let wrap: @Sendable (any Channel) -> EventLoopFuture<Stream> = { channel in
            channel.eventLoop.makeCompletedFuture {
                try Stream(
                    wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
            }
        }
        if let writing {
            return try await bootstrap.takingOwnershipOfDescriptors(
                input: reading, output: writing, channelInitializer: wrap)
        }
        return try await bootstrap.takingOwnershipOfDescriptor(input: reading, channelInitializer: wrap)
    }
}

/// The two ends of a pipe that no other child inherits.
struct PipeEnds: Sendable {
    let read: Int32
    let write: Int32

    init() throws {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else {
            throw Fault(.spawnFailed, "no pipe could be made: \(String(cString: strerror(errno)))")
        }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        (read, write) = (ends[0], ends[1])
    }

    func closeAll() {
        close(read)
        close(write)
    }
}

import Messages
import NIOCore
import NIOPosix
import Subprocess
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A running child in a session and process group of its own. Its standard streams are pipes that this process reads,
/// so that the output of its background children can still be read for a while after it has ended.
final class Child: Sendable {
    typealias Stream = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    /// The process id of the child, and of its group.
    let pid: Int32
    /// The child with everything that it has started.
    let tree: ProcessTree
    /// Reads standard output; writes to standard input if the child was started with one.
    let output: Stream
    /// Reads standard error.
    let errors: Stream
    private let exit: Task<ExitStatus, Never>
    /// Copies of the read ends, used only to check whether the pipes hold data.
    private let probes: Mutex<[Int32]>
    private let children: LiveChildren
    /// `isGone`: no process of the child is left. It never becomes false again: a later process with the child's id or
    /// mark is another one.
    private let end = Mutex((hasExited: false, isGone: false))

    private init(
        pid: Int32, tree: ProcessTree, output: Stream, errors: Stream, exit: Task<ExitStatus, Never>,
        probes: [Int32], children: LiveChildren
    ) {
        self.pid = pid
        self.tree = tree
        self.children = children
        self.output = output
        self.errors = errors
        self.exit = exit
        self.probes = Mutex(probes)
    }

    deinit { closeProbes() }

    /// Whether the pipes hold data that was not read.
    var hasUnread: Bool {
        probes.withLock { probes in
            var polled = probes.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            return poll(&polled, nfds_t(polled.count), 0) > 0 && polled.contains { $0.revents & Int16(POLLIN) != 0 }
        }
    }

    /// Waits for the child itself, not for what it has started.
    func wait() async -> ExitStatus {
        let status = await exit.value
        end.withLock { $0.hasExited = true }
        return status
    }

    private var isGone: Bool { end.withLock { $0.isGone } }

    /// Records the result of a look at all of its processes.
    private func record(isGone: Bool) -> Bool {
        guard isGone else { return false }
        end.withLock { $0.isGone = $0.hasExited }
        children.dismiss(pid)
        return true
    }

    /// Returns whether the child and everything that it has started is gone within `seconds`.
    func isGone(within seconds: Double) async -> Bool {
        if isGone { return true }
        return record(isGone: await tree.isGone(within: seconds))
    }

    /// Ends the child and everything that it has started, by force after `grace` seconds.
    /// - Returns: whether nothing is left.
    @discardableResult
    func end(grace: Double) async -> Bool {
        if isGone { return true }
        return record(isGone: await tree.end(grace: grace))
    }

    /// Ends what it has started outside its own process group; leaves itself and its group alone.
    @discardableResult
    func endStrays(grace: Double) async -> Bool {
        if isGone { return true }
        return await tree.end(grace: grace, .strays)
    }

    /// Stops reading, whether or not the other ends are still open.
    func closeStreams() {
        output.channel.close(promise: nil)
        errors.channel.close(promise: nil)
        closeProbes()
    }

    private func closeProbes() {
        probes.withLock { probes in
            for probe in probes { close(probe) }
            probes = []
        }
    }

    /// Starts a child.
    /// - Parameters:
    ///     - input: whether its standard input is written to; else that is empty.
    ///     - children: where it is registered from its first moment on.
    /// - Throws: ``Fault`` with code `spawn_failed`; then nothing runs.
    static func start(_ command: Command, input: Bool, in children: LiveChildren) async throws -> Child {
        let pipes = try PipeEnds.several(input ? 3 : 2)
        let spawned: Spawned
        do { spawned = try await spawn(command, pipes, children) } catch {
            // The library has closed the ends that were meant for the child, or never had them.
            throw error as? Fault
                ?? Fault(.spawnFailed, "\(command.executable) could not be started in \(command.directory): \(error)")
        }
        let tree = ProcessTree(
            leader: spawned.leader, marks: ProcessMark(command.environment).map { .one($0) } ?? .none)
        let probes = pipes.prefix(2).map { fcntl($0.read, F_DUPFD_CLOEXEC, 0) }.filter { $0 >= 0 }
        do {
            let (output, errors) = try await streams(pipes)
            return Child(
                pid: spawned.leader.pid, tree: tree, output: output, errors: errors, exit: spawned.exit,
                probes: probes, children: children)
        } catch {
            // It runs, but its output cannot be read.
            for probe in probes { close(probe) }
            await tree.end(grace: 0)
            children.dismiss(spawned.leader.pid)
            throw Fault(.spawnFailed, "\(command.executable) was started but cannot be read: \(error)")
        }
    }

    /// A process that was started.
    private struct Spawned {
        var leader: ProcessEntry.Key
        var exit: Task<ExitStatus, Never>
    }

    /// - Throws: what the library throws, with our ends of the pipes closed.
    private static func spawn(
        _ command: Command, _ pipes: [PipeEnds], _ children: LiveChildren
    ) async throws -> Spawned {
        let (leaders, report) = AsyncThrowingStream<ProcessEntry.Key, any Error>.makeStream(
            bufferingPolicy: .bufferingNewest(1))
        // Detached: a caller that is cancelled meanwhile still has to receive the process, to end it.
        let exit = Task.detached { () -> ExitStatus in
            do {
                let status = try await run(command, pipes) { pid in
                    guard let leader = children.admit(pid) else {
                        return report.finish(
                            throwing: Fault(.draining, "the executor is stopping and starts no new processes"))
                    }
                    report.yield(leader)
                }
                report.finish()
                return status
            } catch {
                report.finish(throwing: error)
                return .exited(127)
            }
        }
        let waiting = Task.detached { () -> ProcessEntry.Key? in
            for try await leader in leaders { return leader }
            return nil
        }
        do {
            guard let leader = try await waiting.value else {
                throw Fault(.spawnFailed, "\(command.executable) could not be started")
            }
            return Spawned(leader: leader, exit: exit)
        } catch {
            for pipe in pipes.prefix(2) { close(pipe.read) }
            if pipes.count == 3 { close(pipes[2].write) }
            throw error
        }
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

    private static func streams(_ pipes: [PipeEnds]) async throws -> (output: Stream, errors: Stream) {
        let input = pipes.count == 3 ? pipes[2].write : nil
        let output: Stream
        do { output = try await stream(reading: pipes[0].read, writing: input) } catch {
            for end in [pipes[0].read, pipes[1].read, input ?? -1] where end >= 0 { close(end) }
            throw error
        }
        do { return (output, try await stream(reading: pipes[1].read, writing: nil)) } catch {
            output.channel.close(promise: nil)
            close(pipes[1].read)
            throw error
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

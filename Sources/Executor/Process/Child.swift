import CSpawn
import Messages
import NIOCore
import NIOPosix
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A running child in a session and process group of its own. This process reads its outputs from pipes or from a
/// pseudo-terminal, so that the output of its background children can still be read for a while after it has ended.
final class Child: Sendable {
    typealias Stream = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    /// How standard output and standard error arrive.
    enum Outputs: Sendable {
        /// Apart, so that the order of what was written to both is lost.
        case split
        /// In one pipe, in the order of writing; ``errors`` is empty.
        case merged
    }

    /// The process id of the child, and of its group.
    let pid: Int32
    /// The child with everything that it has started.
    let tree: ProcessTree
    /// Reads standard output, or the terminal; writes to standard input if the child was started with one.
    let output: Stream
    /// Reads standard error. Empty with ``Outputs/merged`` and with a terminal.
    let errors: Stream
    private let exit: ChildExit
    private let isTerminal: Bool
    /// Copies of the read ends, to check whether they hold data, and to set the terminal's size and end its input.
    private let probes: Mutex<[Int32]>
    private let children: LiveChildren
    /// `isGone`: no process of the child is left. It never becomes false again: a later process with the child's id or
    /// mark is another one.
    private let end = Mutex((hasExited: false, isGone: false))

    private init(
        tree: ProcessTree, started: Spawn.Started, streams: (output: Stream, errors: Stream), probes: [Int32],
        isTerminal: Bool, children: LiveChildren
    ) {
        pid = started.leader.pid
        self.tree = tree
        self.isTerminal = isTerminal
        self.children = children
        (output, errors) = streams
        exit = started.exit
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

    /// Sets the size of its terminal; without effect for a child without one.
    func resize(_ size: TerminalSize) {
        guard isTerminal else { return }
        probes.withLock { probes in
            if let probe = probes.first { _ = wegent_terminal_resize(probe, Int32(size.columns), Int32(size.rows)) }
        }
    }

    /// Gives an end of input to each program that waits for a line from its terminal, until the calling task is cancelled.
    /// A program that asks for a password opens `/dev/tty` and would wait forever: that input has no typist. Returns at once
    /// for a child without a terminal.
    func endTerminalInput() async {
        guard isTerminal else { return }
        let longest = Duration.seconds(1)
        var (pause, patience) = (longest, Int32(10))
        while (try? await Task.sleep(for: pause)) != nil {
            let isTaken = await ProcessThreads.spawns.run { [self, patience] in
                // A copy, so that the lock is not held while this waits.
                let terminal = probes.withLock { $0.first.map { fcntl($0, F_DUPFD_CLOEXEC, 0) } ?? -1 }
                guard terminal >= 0 else { return false }
                defer { close(terminal) }
                return wegent_terminal_end_input(terminal, patience) == 1
            }
            // A program that reads again soon, such as one that asks three times, does not wait another second. On a machine
            // with much to do a waiting program may take longer than 10 ms to wake up.
            pause = isTaken ? .milliseconds(20) : min(pause * 2, longest)
            patience = isTaken ? 10 : min(patience * 2, 160)
        }
    }

    /// Waits for the child itself, not for what it has started.
    func wait() async -> ExitStatus {
        let status = await exit.wait()
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

    /// Starts a child with the limits, umask and signals that this program was started with, and no other descriptors
    /// than its standard streams.
    /// - Parameters:
    ///     - input: whether its standard input is written to; else that is empty, as it is with a terminal.
    ///     - output: how its outputs arrive.
    ///     - terminal: the size of its controlling pseudo-terminal, which is standard output and standard error; nil = none.
    ///       Its `TERM` is `xterm-256color` where the command's environment has none.
    ///     - children: where it is registered from its first moment on.
    /// - Throws: ``Fault`` with code `spawn_failed` that names what failed; then nothing runs and nothing is open.
    static func start(
        _ command: Command, input: Bool, output: Outputs = .split, terminal: TerminalSize? = nil,
        in children: LiveChildren
    ) async throws -> Child {
        var command = command
        if terminal != nil, ["", "dumb"].contains(command.environment["TERM"] ?? "") {
            command.environment["TERM"] = "xterm-256color"
        }
        var streams: ChildStreams
        do { streams = try ChildStreams(input: input, output: output, terminal: terminal) } catch {
            throw (error as? SpawnFailure)?.fault(command) ?? error
        }
        let started: Spawn.Started
        do { started = try await Spawn.start(command, streams, in: children) } catch {
            streams.closeChilds()
            streams.closeOurs()
            throw error
        }
        streams.closeChilds()
        return try await attach(command, started, streams, children)
    }

    private static func attach(
        _ command: Command, _ started: Spawn.Started, _ streams: ChildStreams, _ children: LiveChildren
    ) async throws -> Child {
        let tree = ProcessTree(
            leader: started.leader, marks: ProcessMark(command.environment).map { .one($0) } ?? .none)
        let probes = [streams.output, streams.errors].filter { $0 >= 0 }.map { fcntl($0, F_DUPFD_CLOEXEC, 3) }
            .filter { $0 >= 0 }
        do {
            return Child(
                tree: tree, started: started, streams: try await ChildChannels.open(streams), probes: probes,
                isTerminal: streams.isTerminal, children: children)
        } catch {
            // It runs, but its output cannot be read.
            for probe in probes { close(probe) }
            await tree.end(grace: 0)
            children.dismiss(started.leader.pid)
            throw Fault(.spawnFailed, "\(command.executable) was started but cannot be read: \(error)")
        }
    }
}

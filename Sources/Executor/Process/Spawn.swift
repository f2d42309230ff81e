import CSpawn
import Messages

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The start of a child in a session of its own.
enum Spawn {
    /// A process that was started.
    struct Started: Sendable {
        var leader: ProcessEntry.Key
        var exit: ChildExit
    }

    /// Starts a child and adds it to `children`.
    /// - Throws: ``Fault``: `spawn_failed`, or `draining` when `children` takes no more; then nothing runs.
    static func start(_ command: Command, _ streams: ChildStreams, in children: LiveChildren) async throws -> Started {
        let result = await ProcessThreads.spawns.run { () -> Result<Started, any Error> in
            Result { try startNow(command, streams, children) }
        }
        do { return try result.get() } catch let failure as SpawnFailure { throw failure.fault(command) }
    }

    private static func startNow(
        _ command: Command, _ streams: ChildStreams, _ children: LiveChildren
    ) throws -> Started {
        let (pid, exit) = try withStrings(command) { program, arguments, environment, directory in
            var plan = wegent_plan(
                program: program, arguments: arguments, environment: environment, directory: directory,
                streams: (streams.childs[0], streams.childs[1], streams.childs[2]),
                terminal: streams.isTerminal ? 1 : 0)
            return try Reaper.shared.start(&plan)
        }
        guard let leader = children.admit(pid) else {
            throw Fault(.draining, "the executor is stopping and starts no new processes")
        }
        return Started(leader: leader, exit: exit)
    }

    private typealias Strings = UnsafePointer<UnsafeMutablePointer<CChar>?>

    private static func withStrings<Value>(
        _ command: Command, _ body: (UnsafePointer<CChar>, Strings, Strings, UnsafePointer<CChar>) throws -> Value
    ) throws -> Value {
        let environment = command.environment.map { "\($0.key)=\($0.value)" }
        let texts = [command.executable] + command.arguments + environment + [command.directory]
        guard !texts.contains(where: { $0.utf8.contains(0) }) else {
            throw SpawnFailure(step: .program, error: EINVAL)
        }
        let arguments = ([command.executable] + command.arguments).map { strdup($0) } + [nil]
        let variables = environment.map { strdup($0) } + [nil]
        defer { for text in arguments + variables { free(text) } }
        return try arguments.withUnsafeBufferPointer { arguments in
            try variables.withUnsafeBufferPointer { variables in
                guard let first = arguments.baseAddress, let names = variables.baseAddress else {
                    throw SpawnFailure(step: .program, error: ENOMEM)
                }
                return try command.executable.withCString { program in
                    try command.directory.withCString { try body(program, first, names, $0) }
                }
            }
        }
    }
}

import Foundation
import Messages
import TestSupport
import Testing

@testable import Executor

/// The real `wegent-executor` in front of a scripted gateway, for what only a process can show: signals, kills, and
/// successive runs in one home.
final class ExecutorProcess: Sendable {
    let gateway: ScriptedGateway
    let folder: TemporaryDirectory
    let process: ChildProcess
    let connection: ScriptedConnection

    private init(
        _ gateway: ScriptedGateway, _ folder: TemporaryDirectory, _ process: ChildProcess,
        _ connection: ScriptedConnection
    ) {
        self.gateway = gateway
        self.folder = folder
        self.process = process
        self.connection = connection
    }

    /// Starts and registers it, its dispatcher up in epoch 1; everything is acknowledged unless `acks` is false.
    /// - Parameters:
    ///   - signal: what the process ignores.
    ///   - environment: added to its variables.
    ///   - shell: what a shell does before it becomes the process, such as `ulimit -n 64; `.
    ///   - wrapper: a command that starts that shell.
    static func start(
        _ flags: [String] = [], gateway: ScriptedGateway? = nil, folder: TemporaryDirectory? = nil, acks: Bool = true,
        ignoring signal: String? = nil, environment: [String: String] = [:], after shell: String = "",
        through wrapper: [String] = []
    ) async throws -> ExecutorProcess {
        let scripted: ScriptedGateway
        if let gateway { scripted = gateway } else { scripted = try await .start() }
        let folder = try folder ?? TemporaryDirectory()
        let count = scripted.connections.count
        let process = try launch(
            flags, scripted, folder, ignoring: signal, environment: environment, after: shell, through: wrapper)
        let connection = try await eventually("a connection") { scripted.connections.dropFirst(count).last }
        let header = try await eventually("the registration") { connection.header(DeviceRegister.type) }
        if acks { connection.ackEverything() }
        try connection.send(
            DeviceRegistered(device: "test", name: "Test", generation: 1), .reply, correlation: header.correlation)
        try connection.send(LinkState(up: true, leader: .generate(), epoch: 1))
        return ExecutorProcess(scripted, folder, process, connection)
    }

    /// Only starts the program.
    static func launch(
        _ flags: [String], _ gateway: ScriptedGateway, _ folder: TemporaryDirectory, ignoring signal: String? = nil,
        environment: [String: String] = [:], after shell: String = "", through wrapper: [String] = []
    ) throws -> ChildProcess {
        let trap = signal.map { "trap '' \($0); " } ?? ""
        let command =
            wrapper + ["/bin/sh", "-c", trap + shell + "exec \"$0\" \"$@\"", Binaries.executor]
            + ["--home", folder.file("home"), "--device-id", "test", "--allow-shell", "--claude", folder.file("none")]
            + flags
        return try ChildProcess(
            command[0], Array(command.dropFirst()),
            environment: ["WEGENT_TOKEN": "t", "WEGENT_BACKEND_URL": gateway.url, "HOME": folder.path]
                .merging(environment) { $1 })
    }

    /// Stops a task.
    func stop(_ task: TaskID) throws {
        try connection.send(TaskStop(task: task, attempt: 1, epoch: 1, graceS: 0.5, discard: false))
    }

    /// Assigns a shell command.
    @discardableResult
    func assign(_ command: String, lease: Double = 0) throws -> TaskID {
        let task = TaskID.generate()
        try connection.send(
            TaskAssign(
                task: task, attempt: 1, epoch: 1, leaseS: lease, conversation: .generate(), agent: "shell",
                prompt: command))
        return task
    }

    /// Returns the process ids that a task's command has written to `name`, one a line.
    func pids(_ name: String, count: Int) async throws -> [Int32] {
        try await eventually("\(count) pids in \(name)") {
            let text = try String(contentsOfFile: folder.file(name), encoding: .utf8)
            let pids = text.split(separator: "\n").compactMap { Int32($0) }
            return pids.count == count && text.hasSuffix("\n") ? pids : nil
        }
    }

    /// Returns the verdict of a task, once it has arrived.
    func verdict(_ task: TaskID) async throws -> TaskFinished {
        try await eventually("the verdict") {
            try gateway.connections.flatMap { try $0.all(TaskFinished.self) }.first { $0.task == task }
        }
    }
}

import Foundation
import Messages
import TestSupport
import Testing

@testable import Executor

/// The real `wegent-executor` in front of a stub of the gateway, for what only a process can show: signals, deaths and
/// lives that follow each other in one home.
final class ExecutorProcess: Sendable {
    let gateway: StubGateway
    let folder: TemporaryDirectory
    let process: ChildProcess
    let connection: StubConnection

    private init(
        _ gateway: StubGateway, _ folder: TemporaryDirectory, _ process: ChildProcess, _ connection: StubConnection
    ) {
        self.gateway = gateway
        self.folder = folder
        self.process = process
        self.connection = connection
    }

    /// Starts it and registers it, its leader up in epoch 1; everything is acked unless `acks` is false. `signal` does
    /// nothing to it.
    static func start(
        _ flags: [String] = [], gateway: StubGateway? = nil, folder: TemporaryDirectory? = nil, acks: Bool = true,
        ignoring signal: String? = nil
    ) async throws -> ExecutorProcess {
        let stub: StubGateway
        if let gateway { stub = gateway } else { stub = try await .start() }
        let folder = try folder ?? TemporaryDirectory()
        let count = stub.connections.count
        let process = try launch(flags, stub, folder, ignoring: signal)
        let connection = try await eventually("a connection") { stub.connections.dropFirst(count).last }
        let header = try await eventually("the registration") { connection.header(DeviceRegister.type) }
        if acks { connection.ackEverything() }
        try connection.send(
            DeviceRegistered(device: "test", name: "Test", generation: 1), .reply, correlation: header.correlation)
        try connection.send(LinkState(up: true, leader: .generate(), epoch: 1))
        return ExecutorProcess(stub, folder, process, connection)
    }

    /// Starts the program only.
    static func launch(
        _ flags: [String], _ gateway: StubGateway, _ folder: TemporaryDirectory, ignoring signal: String? = nil
    ) throws -> ChildProcess {
        let trap = signal.map { "trap '' \($0); " } ?? ""
        return try ChildProcess(
            "/bin/sh",
            [
                "-c", trap + "exec \"$0\" \"$@\"", Binaries.executor, "--home", folder.file("home"), "--device-id",
                "test", "--allow-shell", "--claude", folder.file("none"),
            ]
                + flags,
            environment: ["WEGENT_TOKEN": "t", "WEGENT_BACKEND_URL": gateway.url, "HOME": folder.path])
    }

    /// Gives it a shell command.
    @discardableResult
    func assign(_ command: String, lease: Double = 0) throws -> TaskID {
        let task = TaskID.generate()
        try connection.send(
            TaskAssign(
                task: task, attempt: 1, epoch: 1, leaseS: lease, conversation: .generate(), agent: "shell",
                prompt: command))
        return task
    }

    /// The process ids that a task's command has written to `name`, a line each.
    func pids(_ name: String, count: Int) async throws -> [Int32] {
        try await eventually("\(count) pids in \(name)") {
            let text = try String(contentsOfFile: folder.file(name), encoding: .utf8)
            let pids = text.split(separator: "\n").compactMap { Int32($0) }
            return pids.count == count && text.hasSuffix("\n") ? pids : nil
        }
    }

    /// The verdict of a task, once it is there.
    func verdict(_ task: TaskID) async throws -> TaskFinished {
        try await eventually("the verdict") {
            try gateway.connections.flatMap { try $0.all(TaskFinished.self) }.first { $0.task == task }
        }
    }
}

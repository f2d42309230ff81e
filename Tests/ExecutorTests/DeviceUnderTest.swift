import Logging
import Messages
import TestSupport
import Testing

@testable import Executor

/// A whole executor in front of a scripted gateway: the test sees and sends every frame of the link.
final class DeviceUnderTest: Sendable {
    let gateway: ScriptedGateway
    let server: ExecutorServer
    let folder: TemporaryDirectory
    var spool: String { folder.file("home/spool") }

    private init(_ gateway: ScriptedGateway, _ server: ExecutorServer, _ folder: TemporaryDirectory) {
        self.gateway = gateway
        self.server = server
        self.folder = folder
    }

    /// Starts an executor that is registered, its dispatcher up in epoch 1; nothing is acknowledged by itself.
    static func start(
        gateway: ScriptedGateway? = nil, folder: TemporaryDirectory? = nil,
        _ change: (inout ExecutorConfiguration) -> Void = { _ in }
    ) async throws -> DeviceUnderTest {
        let scripted: ScriptedGateway
        if let gateway { scripted = gateway } else { scripted = try await .start() }
        let folder = try folder ?? TemporaryDirectory()
        var configuration = ExecutorConfiguration(
            backendURL: scripted.url, token: "t", home: folder.file("home"), deviceID: "test", allowShell: true,
            programs: ["claude-code": folder.file("no-claude")],
            environment: ["PATH": "/usr/bin:/bin", "HOME": folder.path])
        configuration.times.drain = 0
        configuration.times.stopGrace = 0.5
        configuration.times.backoff = 0.02...0.1
        configuration.times.handshake = 30
        change(&configuration)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let server = ExecutorServer(configuration, logger: logger)
        let device = DeviceUnderTest(scripted, server, folder)
        let count = scripted.connections.count
        // A failed start is the error of the test, not the connection that never comes.
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.start() }
            group.addTask { try await device.welcome(after: count) }
            try await group.waitForAll()
        }
        return device
    }

    /// Waits for the next connection after the first `count`, registers it and brings the dispatcher up.
    @discardableResult
    func welcome(after count: Int, generation: UInt64 = 1, epoch: UInt64 = 1) async throws -> ScriptedConnection {
        let connection = try await eventually("a connection") { gateway.connections.dropFirst(count).last }
        let header = try await eventually("the registration") { connection.header(DeviceRegister.type) }
        #expect(header.kind == .request)
        try connection.send(
            DeviceRegistered(device: "test", name: "Test", generation: generation), .reply,
            correlation: header.correlation)
        try connection.send(LinkState(up: true, leader: .generate(), epoch: epoch))
        return connection
    }

    /// The present connection.
    var connection: ScriptedConnection { gateway.connections.last! }

    /// Acknowledges everything that arrives on `connection` from now on, as a dispatcher does.
    func ackEverything(on connection: ScriptedConnection) { connection.ackEverything() }

    /// Assigns a shell command.
    @discardableResult
    func assign(
        _ command: String, task: TaskID = .generate(), attempt: UInt32 = 1, epoch: UInt64 = 1, lease: Double = 0,
        conversation: ConversationID = .generate(), agent: String = "shell", cwd: String? = nil
    ) throws -> TaskID {
        try connection.send(
            TaskAssign(
                task: task, attempt: attempt, epoch: epoch, leaseS: lease, conversation: conversation, agent: agent,
                prompt: command, cwd: cwd))
        return task
    }

    /// Returns the verdict of a task, once it has arrived.
    func verdict(_ task: TaskID, within limit: Duration = .seconds(60)) async throws -> TaskFinished {
        try await eventually("the verdict", within: limit) {
            try gateway.connections.flatMap { try $0.all(TaskFinished.self) }.first { $0.task == task }
        }
    }

    /// Returns the refusal of a task, once it has arrived.
    func refusal(_ task: TaskID) async throws -> Fault {
        try await eventually("the refusal") {
            try connection.all(TaskRejected.self).first { $0.task == task }?.fault
        }
    }

    /// The events of a task that came over one connection.
    func events(_ task: TaskID, on connection: ScriptedConnection) throws -> [Event] {
        try connection.all(EventsAppend.self).flatMap(\.batch.events).filter { $0.task == task }
    }

    func stop() async {
        await server.stop()
        await gateway.stop()
    }
}

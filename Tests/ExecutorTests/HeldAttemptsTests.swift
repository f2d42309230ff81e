import Foundation
import Logging
import Messages
import TestSupport
import Testing

@testable import Executor

@Suite("The attempts of an executor and the admission of new ones")
struct HeldAttemptsTests {
    private let folder: TemporaryDirectory
    private let agents = AgentCatalog([
        ShellAgent(allowed: true, environment: [:], children: LiveChildren(), temporary: "/tmp", linger: 0)
    ])

    init() throws { folder = try TemporaryDirectory() }

    private func table(slots: Int = 2, spoolBound: Int = 1 << 20) -> HeldAttempts {
        HeldAttempts(
            .init(directory: folder.path, device: "box", slots: slots, spoolBound: spoolBound, keeping: 0),
            logger: Logger(label: "test") { _ in SilentLog() })
    }

    private func assign(_ attempt: UInt32 = 1, task: TaskID = .generate(), agent: String = "shell") -> TaskAssign {
        TaskAssign(
            task: task, attempt: attempt, epoch: 1, leaseS: 0, conversation: .generate(), agent: agent, prompt: "true")
    }

    private func refusal(_ table: inout HeldAttempts, _ message: TaskAssign, draining: Bool = false) -> ErrorCode? {
        if case .reject(let fault) = table.admit(message, agents, draining: draining, now: .now) { return fault.code }
        return nil
    }

    private func id(_ message: TaskAssign) -> AttemptID { AttemptID(task: message.task, attempt: message.attempt) }

    @Test("A task with a terminal is refused once its agent is known to have none")
    func refusesTerminal() throws {
        var agents = agents
        var message = assign()
        message.splitOutput = true
        for (hasTerminal, code) in [(nil, nil), (true, nil), (false, ErrorCode.invalidRequest)] {
            _ = agents.update([
                Agent(name: "shell", version: nil, ready: true, detail: nil, hasTerminal: hasTerminal)
            ])
            do {
                _ = try agents.driver(for: message, on: "box")
                #expect(code == nil)
            } catch let fault as Fault { #expect(fault.code == code) }
        }
    }

    @Test("An attempt is held from its assignment to the acknowledgement of its verdict")
    func holdsAttempt() throws {
        var table = table()
        let message = assign()
        guard case .start = table.admit(message, agents, draining: false, now: .now) else {
            return #expect(Bool(false), "the attempt was not admitted")
        }
        #expect(table.running.map(\.id) == [id(message)])
        let taken = table.take([AgentEvent(.log, Array("{}".utf8))], of: id(message), in: "/work")
        #expect(taken.actions.last == .send && !taken.isPaused && table.lastSeq(of: id(message)) == 1)
        let actions = table.advance(id(message)) { $0.finished(.completed, .now(), .now) }
        #expect(table.running.isEmpty)
        for case .conclude(let verdict) in actions { table.conclude(id(message), verdict) }
        #expect(table[id(message)]?.phase == .concluded)
        #expect(table.reports == [AttemptReport(task: message.task, attempt: 1, lastSeq: 2, ended: true)])
        let over = (1...2).map { table.acknowledge([AttemptAck(task: message.task, attempt: 1, seq: $0)]) }
        #expect(over == [false, true])
        #expect(table.isEmpty && table[id(message)] == nil)
        #expect(refusal(&table, message) == .staleSession)
    }

    @Test("Assignments are refused by slots, drain, agent and replaced attempt")
    func refusesAssignments() {
        var table = table(slots: 1)
        #expect(refusal(&table, assign(), draining: true) == .draining)
        #expect(refusal(&table, assign(agent: "other")) == .agentUnknown)
        let message = assign(2)
        #expect(refusal(&table, message) == nil)
        #expect(refusal(&table, assign(1, task: message.task)) == .staleSession)
        #expect(refusal(&table, assign()) == .slotsFull)
    }

    @Test("A forgotten attempt can be assigned again, a discarded one cannot")
    func forgetsOrDiscards() {
        var table = table()
        let message = assign()
        #expect(refusal(&table, message) == nil)
        table.forget(id(message))
        #expect(refusal(&table, message) == nil)
        table.discard(id(message))
        #expect(refusal(&table, message) == .staleSession)
    }

    @Test("An attempt that a previous run left open is ended, and its verdict waits for the server")
    func recovers() throws {
        let message = assign()
        var before = table()
        #expect(refusal(&before, message) == nil)
        var table = table()
        try table.recover()
        #expect(table.running.isEmpty && table[id(message)]?.phase == .concluded)
        #expect(table.reports == [AttemptReport(task: message.task, attempt: 1, lastSeq: 1, ended: true)])
    }

    @Test("Output over the bound pauses the attempt, and acknowledgements resume it")
    func pausesAndResumes() {
        var table = table(spoolBound: 1000)
        let message = assign()
        #expect(refusal(&table, message) == nil)
        let taken = table.take(
            [AgentEvent(.log, [UInt8](repeating: 0x20, count: 2000))], of: id(message), in: "/work")
        #expect(taken.isPaused)
        #expect(table.resumed().isEmpty)
        _ = table.acknowledge([AttemptAck(task: message.task, attempt: 1, seq: 1)])
        #expect(table.resumed() == [id(message): [.resume]])
        #expect(table.resumed().isEmpty)
    }
}

import Messages
import TestSupport
import Testing

@testable import Dispatcher

@Suite("Histories")
struct HistoryTests {
    private static let devices = [Sample.device("box", star: true), Sample.device("other")]

    private static func executors(_ rig: Rig) async throws -> (ScriptedExecutor, ScriptedExecutor) {
        let box = ScriptedExecutor(gateway: rig.gateway)
        let other = ScriptedExecutor(gateway: rig.gateway, device: "other")
        try await box.connect()
        try await other.connect()
        return (box, other)
    }

    /// Requests the history of an assignment, and waits for it.
    private static func history(
        _ executor: ScriptedExecutor, _ assign: TaskAssign, after: TaskID? = nil
    ) async throws -> TaskAssign {
        try executor.send(HistoryWanted(task: assign.task, attempt: assign.attempt, after: after))
        return try await eventually("the history") {
            executor.assigned.last { $0.task == assign.task && $0.history != nil }
        }
    }

    @Test("An assignment names the task before it and carries the requested history")
    func history() async throws {
        try await Rig.run(devices: Self.devices) { rig in
            let (box, other) = try await Self.executors(rig)
            let first = try await rig.turn("one", ["An", "swer \"1\"\n"], on: box)
            let id = first.conversation
            #expect(box.assigned.first { $0.task == first.id }?.follows == nil)
            let second = try await rig.turn("two", ["Answer 2"], on: box, conversation: id, state: .failed)
            #expect(box.assigned.first { $0.task == second.id }?.follows == first.id)
            // A task that never ran is no turn.
            let away = try await rig.gateway.submit("never", target: .cloud, conversation: id)
            _ = try await rig.gateway.ask(TaskCancel(owner: Sample.owner, task: away.id))

            let third = try await rig.gateway.submit("three", target: .device("other"), conversation: id)
            let assign = try await other.assignment(third.id)
            #expect(assign.follows == second.id && assign.history == nil)
            let handed = try await Self.history(other, assign)
            #expect(
                handed.history == [
                    HistoryItem(task: first.id, prompt: "one", answer: "Answer \"1\"\n", state: .completed),
                    HistoryItem(task: second.id, prompt: "two", answer: "Answer 2", state: .failed),
                ])
            #expect(handed.historyLeftOut == nil && handed.prompt == "three" && handed.follows == second.id)
            // Until the assignment is answered it carries the history; a repeated request is answered at once.
            let count = other.assigned.count
            await rig.pass(2)
            try await eventually("the repetition") { other.assigned.count > count }
            #expect(other.assigned.last?.history == handed.history)
            await rig.pass(2)
            let again = other.assigned.count
            try other.send(HistoryWanted(task: third.id, attempt: 1))
            try await eventually("the answer, again") { other.assigned.count > again }
            #expect(other.assigned.last?.history == handed.history)
            // Repeated requests get one answer in 2 s.
            let answered = other.assigned.count
            for known in [nil, first.id, second.id] {
                try other.send(HistoryWanted(task: third.id, attempt: 1, after: known))
            }
            _ = try await rig.gateway.submit(target: .cloud)
            #expect(other.assigned.count == answered)
            await rig.pass(2)
            // An agent that knows some turns gets the rest.
            let rest = try await eventually("the rest") {
                try other.send(HistoryWanted(task: third.id, attempt: 1, after: first.id))
                return other.assigned.last.flatMap { $0.history?.count == 1 ? $0 : nil }
            }
            #expect(rest.history?.map(\.task) == [second.id])
            try other.started(third.id)
            _ = try await rig.gateway.wait(third.id, for: .running)
            let after = other.assigned.count
            try other.send(HistoryWanted(task: third.id, attempt: 1))
            await rig.pass(3)
            _ = try await rig.gateway.submit(target: .cloud)
            #expect(other.assigned.count == after)
        }
    }

    @Test("Only the newest turns fit")
    func bounds() async throws {
        try await Rig.run(devices: Self.devices) { rig in
            let (box, other) = try await Self.executors(rig)
            let piece = String(repeating: "x", count: 60_000)
            let id = try await rig.turn("one", [piece, piece], on: box).conversation
            _ = try await rig.turn("two", [piece, piece], on: box, conversation: id)
            let last = try await rig.turn("three", [piece, piece, piece], on: box, conversation: id)
            let task = try await rig.gateway.submit("four", target: .device("other"), conversation: id)
            let handed = try await Self.history(other, try await other.assignment(task.id))
            #expect(handed.history?.map(\.task) == [last.id] && handed.historyLeftOut == 2)
            #expect(handed.history?.first?.cut == false)

            // A turn that alone is too large loses its beginning.
            let large = [String(repeating: "a", count: 30_000)] + Array(repeating: piece, count: 5) + ["the end"]
            try other.started(task.id)
            try other.finish(task.id, 1)
            _ = try await rig.gateway.wait(task.id, for: .completed)
            let big = try await rig.turn("five", large, on: box, conversation: id)
            let next = try await rig.gateway.submit("six", target: .device("other"), conversation: id)
            let cut = try await Self.history(other, try await other.assignment(next.id), after: task.id)
            let item = try #require(cut.history?.first)
            #expect(item.task == big.id && item.cut && item.prompt == "five" && item.answer.hasSuffix("the end"))
            #expect(item.answer.utf8.count + item.prompt.utf8.count == Limits.history)
            #expect(cut.historyLeftOut == nil)
        }
    }

    @Test("Deleted turns are missing, and a restart keeps the rest")
    func deletion() async throws {
        let folder = try TemporaryDirectory()
        let (first, second, third) = try await Self.before(folder)
        try await Rig.run(folder: folder, devices: Self.devices, at: 60) { rig in
            let (_, other) = try await Self.executors(rig)
            let assign = try await other.assignment(third)
            #expect(assign.follows == second.id)
            // An agent that knows only a deleted task gets all remaining turns.
            let handed = try await Self.history(other, assign, after: .generate())
            #expect(handed.history?.map(\.task) == [second.id])
            // A task of another conversation has no meaning here.
            let stranger = ScriptedExecutor(gateway: rig.gateway, owner: .generate(), device: "theirs")
            try await stranger.connect()
            try stranger.send(HistoryWanted(task: third, attempt: 1))
            try await eventually("the stop") { !stranger.stops.isEmpty }
            #expect(stranger.assigned.isEmpty)
            #expect(first.conversation == second.conversation)
        }
    }

    /// A first run of the dispatcher: two turns, of which the first is deleted, and a third that waits.
    private static func before(_ folder: TemporaryDirectory) async throws -> (TaskView, TaskView, TaskID) {
        let rig = try await Rig(folder: folder, devices: devices)
        do {
            let box = ScriptedExecutor(gateway: rig.gateway)
            try await box.connect()
            let first = try await rig.turn("one", ["1"], on: box)
            let second = try await rig.turn("two", ["2"], on: box, conversation: first.conversation)
            try await rig.meddle("DELETE FROM tasks WHERE ordinal = 1")
            let third = try await rig.gateway.submit(
                "three", target: .device("other"), conversation: first.conversation)
            await rig.stop()
            return (first, second, third.id)
        } catch {
            await rig.stop()
            throw error
        }
    }
}

import Foundation
import Messages
import TestSupport
import Testing

@testable import CLI

@Suite("What a chat does next")
struct ChatPlanTests {
    private static let conversation = ConversationID.generate()

    private func task(_ prompt: String) -> TaskView {
        TaskView(
            id: .generate(), state: .queued, target: .defaultDevice, conversation: Self.conversation,
            agent: "claude-code", prompt: prompt, attempt: 0, lastSeq: 1, createdAt: .now())
    }

    private func plan() -> ChatPlan { ChatPlan(place: TaskPlace(), conversation: nil) }

    @Test(
        "Lines are messages or commands",
        arguments: [
            ("hello", .message("hello")), ("  /help", .message("  /help")), ("//compact now", .message("/compact now")),
            ("/etc/hosts is wrong", .message("/etc/hosts is wrong")), ("/", .message("/")), ("/help", .help),
            ("/device", .device(nil)), ("/device build box ", .device("build box")), ("/agent shell", .agent("shell")),
            ("/steer not that", .steer("not that")), ("/steer", .unknown("steer")), ("/stop", .stop), ("/new", .new),
            ("/quit", .quit), ("/quitt", .unknown("quitt")), (" \n", .nothing), ("", .nothing),
        ] as [(String, ChatInput)])
    func reads(_ line: String, _ input: ChatInput) { #expect(ChatInput(line) == input) }

    @Test("Messages are sent one after the other, queued behind the running one, and shown in order")
    func queues() {
        var plan = plan()
        let (first, second, third) = (task("one"), task("two"), task("three"))
        #expect(plan.take(.message("one")) == [.echo("one"), .send("one")])
        #expect(plan.take(.message("two")) == [.say("queued: two")], "the first one's reply names the conversation")
        #expect(plan.accepted(first) == [.follow(first), .send("two")] && plan.conversation == Self.conversation)
        #expect(plan.accepted(second) == [])
        #expect(plan.take(.message("three")) == [.say("queued: three"), .send("three")])
        #expect(plan.ended(TaskEnd(state: .completed, error: nil)) == [.echo("two"), .follow(second)])
        #expect(plan.ended(TaskEnd(state: .completed, error: nil)) == [] && !plan.isIdle)
        #expect(plan.accepted(third) == [.echo("three"), .follow(third)])
        #expect(plan.ended(TaskEnd(state: .completed, error: nil)) == [] && plan.isIdle && plan.allCompleted)
    }

    @Test("A refused message is reported, and the next one is sent")
    func refused() {
        var plan = plan()
        _ = plan.take(.message("one"))
        _ = plan.take(.message("two"))
        #expect(plan.refused("one", "no device") == [.say("not sent: one: no device"), .send("two")])
        #expect(!plan.allCompleted)
    }

    @Test("A chat that is left sends what was written first, and leaves at once when it is asked again")
    func leavesAfterSending() {
        var plan = plan()
        let (one, two) = (task("one"), task("two"))
        _ = plan.take(.message("one"))
        _ = plan.take(.message("two"))
        #expect(plan.leave() == [])
        #expect(plan.accepted(one) == [.follow(one), .send("two")])
        let last = plan.accepted(two)
        #expect(last.last == .leave && last.count == 3, "\(last)")
        var other = self.plan()
        _ = other.take(.message("one"))
        #expect(other.take(.quit) == [])
        #expect(other.leave() == [.say("perhaps not sent: one"), .leave])
        var third = self.plan()
        _ = third.take(.message("one"))
        #expect(third.take(.quit) == [])
        #expect(third.refused("one", "no device") == [.say("not sent: one: no device"), .leave])
        var empty = self.plan()
        #expect(empty.leave() == [.leave])
    }

    @Test("Ctrl-C stops the running task, and leaves when it is pressed twice")
    func interrupts() {
        var plan = plan()
        #expect(plan.interrupt(hasText: true) == [.clear])
        #expect(plan.interrupt(hasText: false).count == 1 && plan.interrupt(hasText: false) == [.leave])
        plan.typed()
        let (one, two) = (task("one"), task("two"))
        _ = plan.take(.message("one"))
        _ = plan.accepted(one)
        _ = plan.take(.message("two"))
        _ = plan.accepted(two)
        #expect(plan.interrupt(hasText: true).first == .stop(one.id))
        // The task that follows is stopped by a Ctrl-C of its own.
        _ = plan.ended(TaskEnd(state: .cancelled, error: nil))
        #expect(plan.interrupt(hasText: false).first == .stop(two.id))
        #expect(plan.interrupt(hasText: false) == [.leave] && plan.left == [two.id])
    }

    @Test("A steered message goes to the running turn, or is a message when none runs")
    func steers() {
        var plan = plan()
        #expect(plan.take(.steer("x")) == [.echo("x"), .send("x")])
        let one = task("x")
        _ = plan.accepted(one)
        #expect(plan.take(.steer("y")) == [.steer(one.id, "y")])
        #expect(plan.steered("y", nil) == [.say("given to the running turn: y")])
        let ended = GatewayError(status: 409, code: .conflict, message: "it has ended")
        #expect(plan.steered("y", ended) == [.say("queued: y"), .send("y")])
        let never = GatewayError(status: 409, code: .steerUnsupported, message: "shell takes none")
        #expect(plan.steered("z", never).count == 1)
    }

    @Test("/device, /agent and /new apply to the next message")
    func changesPlace() {
        var plan = ChatPlan(
            place: TaskPlace(target: "a1", agent: "shell", cwd: "/src"), conversation: Self.conversation)
        #expect(plan.take(.device("lap")) == [.findDevice("lap")])
        _ = plan.found(ReferenceTests.device("a1", "box"))
        #expect(plan.place.cwd == "/src")
        _ = plan.found(ReferenceTests.device("b2", "laptop"))
        #expect(plan.place.target == "b2" && plan.place.cwd == nil)
        #expect(plan.take(.agent("claude")) == [.findAgent("claude")])
        #expect(plan.place.agent == "shell", "the agent stays until the new one is found")
        #expect(plan.found(agent: "claude-code", nil) == [.say("the next message goes to the agent claude-code")])
        #expect(plan.place.agent == "claude-code")
        _ = plan.take(.message("before"))
        _ = plan.take(.new)
        _ = plan.accepted(task("before"))
        #expect(plan.conversation == nil, "the reply of an earlier message does not undo /new")
    }

    @Test("Earlier messages are kept in a private file")
    func keepsHistory() throws {
        let folder = try TemporaryDirectory()
        let history = ChatHistory(path: folder.file("state/wegent/chat-history"))
        #expect(history.read().isEmpty)
        for message in ["one", " not kept", "two\nlines \u{1b}"] { try history.add(message) }
        #expect(history.read() == ["one", "two\nlines \u{1b}"])
        let mode = try FileManager.default.attributesOfItem(atPath: history.path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        for number in 0..<(2 * ChatHistory.kept) { try history.add("\(number)") }
        try history.trim()
        #expect(history.read().count == ChatHistory.kept && history.read().last == "1999")
        let blocked = ChatHistory(path: "/dev/null/x/history")
        #expect(throws: CommandError.self) { try blocked.add("x") }
    }

    @Test("A question gets keys only after a pause in typing")
    func questionWaits() {
        let keys = ChatKeys()
        let start = ContinuousClock.now + .seconds(10)
        #expect(!keys.take([0x61], at: start))
        let hasBegun = keys.begin({ _ in }, continued: {})
        #expect(hasBegun)
        for step in 1...5 { #expect(!keys.take([0x79], at: start + .milliseconds(300 * step))) }
        #expect(keys.isTyping(at: start + .seconds(2)) && !keys.isTyping(at: start + .seconds(3)))
        #expect(keys.take([0x79], at: start + .seconds(3)))
        #expect(!keys.isTyping(at: start + .milliseconds(3050)), "the question has the keys")
        #expect(keys.take([0x79], at: start + .milliseconds(3100)))
        keys.end()
        #expect(!keys.take([0x79], at: start + .seconds(9)))
    }
}

import Messages
import Testing

@testable import Dispatcher

@Suite("Deadlines and conversation lines")
struct TimeTests {
    @Test("Deadlines are due in order and once")
    func deadlines() {
        var deadlines = Deadlines<String>()
        deadlines.set("late", at: 30)
        deadlines.set("early", at: 10)
        deadlines.set("moved", at: 5)
        deadlines.set("moved", at: 20)
        deadlines.set("gone", at: 1)
        deadlines.cancel("gone")
        let first = deadlines.due(9)
        #expect(first.isEmpty)
        let second = deadlines.due(20)
        #expect(second == ["early", "moved"])
        let third = deadlines.due(100)
        #expect(third == ["late"])
        #expect(deadlines.count == 0)
    }

    @Test("A device's time is moved to within a day of the dispatcher's clock", arguments: [Int64.min, .max, 0])
    func clamped(time: Int64) {
        let now = Sample.now
        let clamped = Timestamp(milliseconds: time).clamped(around: now)
        #expect(abs(clamped.seconds(since: now)) == 86_400)
        for near in [-86_400.0, -1, 0, 86_400] {
            #expect(now.adding(seconds: near).clamped(around: now) == now.adding(seconds: near))
        }
        var machine = TaskMachine(Sample.record())
        _ = machine.assign(deviceName: nil, now: now)
        _ = machine.started(attempt: 1, now: now)
        var event = Sample.event(machine.record.id, 1)
        event.time = Timestamp(milliseconds: time)
        #expect(machine.take(&event, monotonic: 0, now: now) == .taken)
        #expect(event.time == clamped)
        let ago = WaitingPayload(waitingFor: .background, since: Timestamp("0000-01-01T00:00:00Z") ?? now, what: nil)
        _ = machine.waits(ago, now: now)
        #expect(machine.record.waiting?.since == now.adding(seconds: -86_400))
    }

    @Test("A conversation runs in the order of acceptance")
    func lines() {
        var lines = ConversationLines()
        let conversation = ConversationID.generate()
        let tasks = (0..<3).map { _ in TaskID.generate() }
        for index in [0, 2, 1] {
            lines.join(tasks[index], ordinal: Int64(index), conversation: conversation, owner: Sample.owner)
        }
        #expect(lines.owner(of: conversation) == Sample.owner)
        #expect(!lines.isBehind(tasks[0], in: conversation) && lines.isBehind(tasks[1], in: conversation))
        let afterMiddle = lines.leave(tasks[1], conversation: conversation)
        #expect(afterMiddle == nil)
        let afterFirst = lines.leave(tasks[0], conversation: conversation)
        #expect(afterFirst == tasks[2])
        let afterLast = lines.leave(tasks[2], conversation: conversation)
        #expect(afterLast == nil && lines.owner(of: conversation) == nil)
    }
}

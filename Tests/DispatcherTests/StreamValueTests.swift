import Messages
import Testing

@testable import Dispatcher

@Suite("The stream of one task")
struct StreamValueTests {
    private let task = TaskID.generate()

    private func stream(_ seqs: ClosedRange<UInt64>, from lastSeq: UInt64 = 0) -> TaskStream {
        var stream = TaskStream(StreamExtent(lastSeq: lastSeq, isEnded: false))
        for seq in seqs { stream.append(Sample.event(task, seq, seq: seq)) }
        return stream
    }

    private func seqs(_ step: TaskStream.Step) -> [UInt64]? {
        if case .send(let events) = step { events.map(\.seq) } else { nil }
    }

    @Test("A cursor in the tail is served from it")
    func tail() {
        let stream = stream(11...15, from: 10)
        #expect(seqs(stream.next(after: 10)) == [11, 12, 13, 14, 15])
        #expect(seqs(stream.next(after: 13)) == [14, 15])
        #expect(stream.next(after: 15) == .wait)
        #expect(stream.next(after: 9) == .read)
    }

    @Test("A cursor beyond the newest event waits")
    func future() {
        #expect(stream(1...3).next(after: 100) == .wait)
    }

    @Test("After the terminal event the stream ends")
    func terminal() {
        var stream = stream(1...2)
        var last = Sample.event(task, 3, seq: 3)
        last.flags = .terminal
        stream.append(last)
        #expect(seqs(stream.next(after: 2)) == [3])
        #expect(stream.next(after: 3) == .finish)
        #expect(stream.next(after: 9) == .finish)
    }

    @Test("The tail is bounded in events and bytes")
    func bounds() {
        var few = EventTail(events: 3, bytes: 1 << 20)
        for seq in UInt64(1)...10 { few.append(Sample.event(task, seq, seq: seq)) }
        #expect(few.count == 3)
        #expect(few.batch(after: 6) == nil)
        #expect(few.batch(after: 7)?.map(\.seq) == [8, 9, 10])
        var small = EventTail(events: 100, bytes: 300)
        for seq in UInt64(1)...10 { small.append(Sample.event(task, seq, seq: seq)) }
        #expect(small.count < 4)
    }

    @Test("A batch has a bounded size, but one large event is sent")
    func batch() {
        var tail = EventTail()
        for seq in UInt64(1)...3 {
            tail.append(Event(task: task, seq: seq, kind: .log, payload: [UInt8](repeating: 0x20, count: 200 << 10)))
        }
        #expect(tail.batch(after: 0)?.count == 1)
        #expect(tail.batch(after: 1, size: 10)?.count == 1)
        #expect(tail.batch(after: 0, size: 500 << 10)?.count == 2)
    }

    @Test("A gap in the tail is not bridged")
    func gap() {
        var tail = EventTail()
        tail.append(Sample.event(task, 1, seq: 1))
        tail.append(Sample.event(task, 5, seq: 5))
        #expect(tail.batch(after: 0) == nil)
        #expect(tail.batch(after: 4)?.map(\.seq) == [5])
    }
}

import Foundation
import Messages
import Testing

@testable import CLI

@Suite("The status line of a task")
struct StatusLineTests {
    private func event(_ data: String) throws -> EventBody {
        let value = try JSONDecoder().decode(JSONValue.self, from: Data(data.utf8))
        return EventBody(seq: 1, kind: "state", time: .now(), data: value)
    }

    private func text(_ status: StatusLine, width: Int = 200) -> String {
        status.text(elapsed: 3.21, now: Timestamp(milliseconds: 10_000), width: width, style: .plain)
    }

    @Test("Shows queue position, slots and state")
    func showsStates() throws {
        var status = StatusLine()
        status.take(try event(#"{"state":"queued","reason":"device_busy","queue_position":3}"#))
        status.device = "Linux - box"
        #expect(text(status) == "▸ Linux - box · queued, place 3: all slots in use · 3.2 s · Ctrl-C cancels")
        status.take(try event(#"{"state":"running","device_name":"Linux - box"}"#))
        status.slots = Slots(used: 2, total: 5)
        #expect(text(status) == "▸ Linux - box · 2/5 slots · running · 3.2 s · Ctrl-C cancels")
        status.isCancelling = true
        #expect(text(status) == "▸ Linux - box · 2/5 slots · cancelling · 3.2 s")
    }

    @Test("Shows a lost device and a lost gateway")
    func showsLostConnections() {
        var status = StatusLine()
        (status.state, status.device) = (.running, "box")
        status.stalled = Stall(since: Timestamp(milliseconds: 6000), failsAt: Timestamp(milliseconds: 36_000))
        #expect(text(status) == "▸ box · connection lost 4 s ago, fails in 26 s · 3.2 s · Ctrl-C cancels")
        status.stalled = Stall(since: Timestamp(milliseconds: 6000), requeuesAt: Timestamp(milliseconds: 36_000))
        #expect(text(status).contains(" · connection lost 4 s ago, restarts in 26 s · "))
        status.stalled = Stall(since: Timestamp(milliseconds: 6000))
        #expect(text(status).contains(" · connection lost 4 s ago, waiting for the device · "))
        status.stalled = nil
        status.connectionProblem = "connection lost, try 2"
        #expect(text(status) == "▸ box · running · 3.2 s · connection lost, try 2")
    }

    @Test("Follows state events")
    func followsEvents() throws {
        var status = StatusLine()
        status.take(
            try event(
                #"{"state":"running","stalled":{"since":"1970-01-01T00:00:06.000Z","fails_at":"1970-01-01T00:00:36.000Z"}}"#
            ))
        #expect(text(status).contains("connection lost 4 s ago, fails in 26 s"))
        status.take(try event(#"{"state":"running","waiting_for":"approval"}"#))
        #expect(text(status).contains(" · waiting for approval · "))
        status.take(try event(#"{"state":"running"}"#))
        #expect(text(status).contains(" · running · "))
    }

    @Test("Shows what a task waits for, and since or until when")
    func showsWaiting() throws {
        var status = StatusLine()
        status.take(
            try event(
                #"{"state":"running","device_name":"box","waiting_for":"background","waiting":{"since":"1970-01-01T00:00:06.000Z","what":"npm run dev"}}"#
            ))
        #expect(text(status) == "▸ box · background work for 4.0 s: npm run dev · 3.2 s · Ctrl-C cancels")
        status.take(
            try event(
                #"{"state":"queued","waiting_for":"limit","waiting":{"since":"1970-01-01T00:00:06.000Z","until":"1970-01-01T00:10:00.000Z"}}"#
            ))
        #expect(text(status) == "▸ box · usage limit for 4.0 s, continues in 10 min · 3.2 s · Ctrl-C cancels")
        status.take(try event(#"{"state":"running","waiting_for":"background"}"#))
        #expect(text(status) == "▸ box · background work · 3.2 s · Ctrl-C cancels")
    }

    @Test("Shows that the agent's request to its model is repeated, until the agent goes on")
    func showsRetry() throws {
        var status = StatusLine()
        (status.state, status.device) = (.running, "box")
        func take(_ kind: String, _ data: String) throws {
            let value = try JSONDecoder().decode(JSONValue.self, from: Data(data.utf8))
            status.take(EventBody(seq: 1, kind: kind, time: Timestamp(milliseconds: 8000), data: value))
        }
        let log =
            #"{"level":"warning","message":"overloaded","_meta":{"retry":{"attempt":2,"of":10,"status":529,"wait_s":6}}}"#
        try take("log", log)
        #expect(text(status).contains(" · running, retry 2 of 10 in 4.0 s (status 529) · "))
        try take("log", #"{"level":"debug","message":"x","_meta":{"retry":{"attempt":3}}}"#)
        #expect(text(status).contains(" · running, retry 3 · "))
        try take("agent_message_chunk", #"{"content":{"type":"text","text":"Hi"}}"#)
        #expect(text(status).contains(" · running · "))
    }

    @Test("Is always shorter than the terminal is wide")
    func fits() {
        for width in 10...60 { #expect(TextWidth.of(text(StatusLine(), width: width)) < width) }
    }
}

import Curl
import Foundation
import Messages
import TestClient
import TestSupport
import Testing

@testable import Gateway

@Suite("Event streams", .serialized)
struct EventStreamTests {
    private func event(_ task: TaskID, _ seq: UInt64, _ text: String, last: Bool = false) -> Event {
        let payload = last ? #"{"state":"completed"}"# : #"{"content":{"type":"text","text":"\#(text)"}}"#
        return Event(
            task: task, attempt: 1, attemptSeq: seq, seq: seq, kind: last ? .state : .agentMessageChunk,
            flags: last ? .terminal : [], payload: Array(payload.utf8))
    }

    /// A task of ada's with `count` events, the last of them terminal where `ended`.
    private func task(_ site: Site, _ count: UInt64, ended: Bool = false) -> TaskID {
        let task = TaskID.generate()
        let events = count == 0 ? [] : (1...count).map { event(task, $0, "\($0);", last: ended && $0 == count) }
        site.dispatcher.add(task, owner: site.ada.id, state: ended ? .completed : .running, events: events)
        return task
    }

    @Test("Each page continues after the previous one, and the last has the terminal event")
    func pages() async throws {
        try await Site.with { site in
            let running = task(site, 5).description
            let (first, next) = try await site.api.page(running, limit: 3)
            #expect(first.map(\.seq) == [1, 2, 3] && next.int == 3)
            let (second, end) = try await site.api.page(running, after: 3)
            #expect(second.map(\.seq) == [4, 5] && end.int == 5)
            let (empty, same) = try await site.api.page(running, after: 5)
            #expect(empty.isEmpty && same.int == 5)
            let ended = task(site, 3, ended: true).description
            #expect(try await site.api.page(ended).next == .null)
            #expect(try await site.api.page(ended, after: 3).next == .null)
            #expect(try await site.api.page(ended, limit: 2).next.int == 2)
            for query in ["after=-1", "after=x", "limit=0", "limit=10001", "seq=1"] {
                #expect(try await site.api.call("GET", "/tasks/\(ended)/events?\(query)").code == "invalid_request")
            }
        }
    }

    @Test("A viewer gets the log, then live events, then the end")
    func live() async throws {
        try await Site.with { site in
            let task = task(site, 3)
            let viewer = site.api.watch(task.description)
            try await viewer.text("1;2;3;")
            for seq in 4...200 as ClosedRange<UInt64> {
                let event = event(task, seq, "\(seq);", last: seq == 200)
                try await eventually("credit for \(seq)", within: .seconds(20)) { site.dispatcher.emit(event) }
            }
            let events = try await viewer.end()
            #expect(events.map(\.seq) == Array(1...200))
            #expect(site.dispatcher.subscribes.map(\.after) == [0])
        }
    }

    @Test("A viewer resumes after its last event, by header or by query")
    func resume() async throws {
        try await Site.with { site in
            let task = task(site, 5, ended: true)
            #expect(try await site.api.watch(task.description, after: 3).end().map(\.seq) == [4, 5])
            let stream = ("Accept", "text/event-stream")
            _ = try await site.send("GET", "/tasks/\(task)/events?after=2", headers: [stream])
            _ = try await site.send("GET", "/tasks/\(task)/events?after=2", headers: [stream, ("Last-Event-ID", "4")])
            #expect(site.dispatcher.subscribes.map(\.after) == [3, 2, 4])
            let nothing = try await site.send("GET", "/tasks/\(task)/events?after=5", headers: [stream])
            #expect(nothing.status == 204)
            let wrong = try await site.send("GET", "/tasks/\(task)/events", headers: [stream, ("Last-Event-ID", "x")])
            #expect(wrong.status == 400)
            let foreign = try await site.send(
                "GET", "/tasks/\(task)/events", headers: [stream], token: site.other.token)
            #expect(foreign.status == 404 && foreign.body["code"].string == "task_not_found")
        }
    }

    @Test("A cursor after the last event is refused with that event's number, as page and as stream")
    func beyond() async throws {
        try await Site.with { site in
            for task in [task(site, 5), task(site, 5, ended: true)] {
                for headers in [[("Accept", "text/event-stream")], []] {
                    let answer = try await site.send("GET", "/tasks/\(task)/events?after=6", headers: headers)
                    #expect(answer.status == 400 && answer.body["code"].string == "invalid_request")
                    #expect(answer.body["detail"].string?.contains("is 5;") == true)
                }
            }
            #expect(site.dispatcher.subscribes.isEmpty)
        }
    }

    @Test("A stream resumes at the next leader, without gaps or duplicates")
    func leaderChange() async throws {
        try await Site.with { site in
            let task = task(site, 3)
            let viewer = site.api.watch(task.description)
            try await viewer.text("1;2;3;")
            await site.dispatcher.close()
            let next = try await ScriptedDispatcher.open(site.reactor, epoch: 2)
            next.add(
                task, owner: site.ada.id, events: (1...6).map { event(task, $0, "\($0);", last: $0 == 6) })
            site.registry.set(services: [next.entry])
            #expect(try await viewer.end().map(\.seq) == Array(1...6))
            #expect(next.subscribes.map(\.after) == [3])
            await next.close()
        }
    }

    @Test("A stream resumes after a temporary fault of its leader, and ends with any other")
    func ends() async throws {
        try await Site.with { site in
            let task = task(site, 2)
            let viewer = site.api.watch(task.description)
            try await viewer.text("1;2;")
            site.dispatcher.endSubscriptions(Fault(.unavailable, "a moment"))
            try await eventually("the next subscription", within: .seconds(20)) {
                site.dispatcher.subscribes.map(\.after) == [0, 2]
            }
            site.dispatcher.emit(event(task, 3, "3;"))
            try await viewer.text("1;2;3;")
            site.dispatcher.endSubscriptions(Fault(.taskNotFound, "gone"))
            await #expect(throws: Malformed.self) { try await viewer.end() }
        }
    }

    @Test("A disconnect of the viewer ends its subscription at once")
    func disconnect() async throws {
        try await Site.with { site in
            let task = task(site, 2)
            let viewer = site.api.watch(task.description)
            try await viewer.text("1;2;")
            viewer.close()
            try await eventually("the cancel", within: .seconds(20)) { site.dispatcher.cancelled == 1 }
        }
    }

    @Test("A viewer that does not read is sent no more than its credit")
    func slow() async throws {
        try await Site.with { site in
            let task = task(site, 0)
            var request = CurlRequest("GET", "\(site.api.url)/tasks/\(task)/events")
            request.headers["Authorization"] = "Bearer \(site.api.token ?? "")"
            request.headers["Accept"] = "text/event-stream"
            let response = try await site.client.send(request)
            #expect(response.headers["Content-Type"] == "text/event-stream")
            try await eventually("the subscription", within: .seconds(20)) { site.dispatcher.subscribes.count == 1 }
            let text = String(repeating: "x", count: 200_000)
            var sent: UInt64 = 0
            // The buffers of the kernel and of curl take some events; after that the credit must end.
            try await eventually("the end of the credit", within: .seconds(60)) {
                while sent < 500, site.dispatcher.emit(event(task, sent + 1, text)) { sent += 1 }
                return sent < 500 && !site.dispatcher.emit(event(task, sent + 1, text))
            }
            #expect(sent < 500)
            withExtendedLifetime(response) {}
        }
    }

    @Test("A client that reads nothing is closed, and what is held for it is released")
    func stalled() async throws {
        try await Site.with {
            $0.stall = StallGuard.Timing(limit: .seconds(1), interval: .milliseconds(100))
        } _: { site in
            let task = task(site, 0)
            var request = CurlRequest("GET", "\(site.api.url)/tasks/\(task)/events")
            request.headers["Authorization"] = "Bearer \(site.api.token ?? "")"
            request.headers["Accept"] = "text/event-stream"
            let response = try await site.client.send(request)
            try await eventually("the subscription", within: .seconds(20)) { site.dispatcher.subscribes.count == 1 }
            let text = String(repeating: "x", count: 200_000)
            var sent: UInt64 = 0
            try await eventually("the end of the stream", within: .seconds(60)) {
                while site.dispatcher.cancelled == 0, site.dispatcher.emit(event(task, sent + 1, text)) { sent += 1 }
                return site.dispatcher.cancelled == 1
            }
            withExtendedLifetime(response) {}
        }
    }

    @Test("An idle stream has heartbeats from its start")
    func heartbeat() async throws {
        try await Site.with {
            $0.heartbeat = .milliseconds(50)
        } _: { site in
            let task = task(site, 0)
            var request = CurlRequest("GET", "\(site.api.url)/tasks/\(task)/events")
            request.headers["Authorization"] = "Bearer \(site.api.token ?? "")"
            request.headers["Accept"] = "text/event-stream"
            let response = try await site.client.send(request)
            var beats = 0
            for try await chunk in response.body {
                beats += String(decoding: chunk, as: UTF8.self).components(separatedBy: ": \n\n").count - 1
                if beats >= 4 { break }
            }
            #expect(beats >= 4)
        }
    }

    @Test("A stop ends streams within the drain time")
    func stop() async throws {
        try await Site.with { site in
            let task = task(site, 2)
            let viewer = site.api.watch(task.description)
            try await viewer.text("1;2;")
            let start = ContinuousClock.now
            await site.server.stop()
            // Shorter than the drain of requests that do not end.
            #expect(ContinuousClock.now - start < GatewayLimits.stop)
            await #expect(throws: (any Error).self) { try await viewer.end(within: .seconds(5)) }
        }
    }
}

import Messages
import NIOCore
import TestClient
import TestSupport
import Testing

@testable import Gateway

@Suite("Viewer sockets", .serialized)
struct ViewerSocketTests {
    private func event(_ task: TaskID, _ seq: UInt64, _ text: String = "x", last: Bool = false) -> Event {
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

    @Test("The first message is the token; without a valid one the viewer gets the reason and is closed")
    func token() async throws {
        try await Site.with {
            $0.token = .milliseconds(300)
        } _: { site in
            let good = try await TestViewer.ready(site)
            #expect(try await good.message("ready")["user"].string == "ada")
            let expired = try await site.token(seconds: -1)
            for (text, code) in [
                (#"{"type":"auth","token":"x"}"#, "token_invalid"),
                (#"{"type":"auth","token":"\#(expired)"}"#, "token_expired"), (#"{"type":"ping"}"#, "token_missing"),
                ("hello", "token_missing"),
            ] {
                let viewer = try await TestViewer.dial(site)
                try await viewer.send(text)
                #expect(try await viewer.error()["code"].string == code)
                #expect(try await viewer.socket.closed().code == 4401)
            }
            let silent = try await TestViewer.dial(site)
            #expect(try await silent.error()["code"].string == "token_missing")
            #expect(try await silent.socket.closed().code == 4401)
            #expect(good.socket.isOpen)
        }
    }

    @Test("Messages after the token need not wait for 'ready'")
    func eager() async throws {
        try await Site.with { site in
            let task = task(site, 2, ended: true)
            let viewer = try await TestViewer.dial(site)
            try await viewer.send(#"{"type":"auth","token":"\#(site.api.token ?? "")"}"#)
            try await viewer.follow("a", task)
            _ = try await viewer.message("end", id: "a")
            #expect(try viewer.messages().map { $0["type"].string } == ["ready", "event", "event", "end"])
        }
    }

    @Test("Many tasks on one socket: each has its log, live events and its end, in the format of the HTTP stream")
    func tasks() async throws {
        try await Site.with { site in
            let viewer = try await TestViewer.ready(site)
            let tasks = (0..<5).map { _ in task(site, 3) }
            for (index, task) in tasks.enumerated() { try await viewer.follow("t\(index)", task) }
            try await eventually("all subscriptions", within: .seconds(20)) { site.dispatcher.subscribes.count == 5 }
            for seq in 4...50 as ClosedRange<UInt64> {
                for task in tasks {
                    let event = event(task, seq, "\(seq);", last: seq == 50)
                    try await eventually("credit for \(seq)", within: .seconds(20)) { site.dispatcher.emit(event) }
                }
            }
            for index in 0..<5 {
                _ = try await viewer.message("end", id: "t\(index)")
                #expect(try viewer.seqs("t\(index)") == Array(1...50))
            }
            let page = try await site.api.page(tasks[0].description)
            let first = try viewer.messages().first { $0["type"].string == "event" && $0["id"].string == "t0" }
            #expect(first?["event"]["time"].string == page.items.first?.time)
            #expect(first?["event"].keys == ["seq", "kind", "time", "data"])
            try await viewer.send(#"{"type":"ping"}"#)
            _ = try await viewer.message("pong")
        }
    }

    @Test("A cursor resumes; at the end of an ended task it ends at once, after the last event it is refused")
    func cursors() async throws {
        try await Site.with { site in
            let ended = task(site, 5, ended: true)
            let running = task(site, 5)
            let viewer = try await TestViewer.ready(site)
            try await viewer.follow("a", ended, after: 3)
            _ = try await viewer.message("end", id: "a")
            #expect(try viewer.seqs("a") == [4, 5])
            try await viewer.follow("b", ended, after: 5)
            _ = try await viewer.message("end", id: "b")
            #expect(try viewer.seqs("b") == [])
            for (number, task) in [ended, running].enumerated() {
                try await viewer.follow("c", task, after: 6)
                let error = try await viewer.error(number + 1)
                #expect(error["id"].string == "c" && error["code"].string == "invalid_request")
                #expect(error["detail"].string?.contains("is 5;") == true)
            }
            try await viewer.follow("d", .generate())
            #expect(try await viewer.error(3)["code"].string == "task_not_found")
            let other = try await TestViewer.ready(site, token: site.other.token)
            try await other.follow("a", running)
            #expect(try await other.error()["code"].string == "task_not_found")
        }
    }

    @Test("A subscription resumes at the next leader, without gaps or duplicates")
    func leaderChange() async throws {
        try await Site.with { site in
            let task = task(site, 3)
            let viewer = try await TestViewer.ready(site)
            try await viewer.follow("a", task)
            try await eventually("the log", within: .seconds(20)) { try viewer.seqs("a") == [1, 2, 3] }
            await site.dispatcher.close()
            let next = try await ScriptedDispatcher.open(site.reactor, epoch: 2)
            next.add(task, owner: site.ada.id, events: (1...6).map { event(task, $0, last: $0 == 6) })
            site.registry.set(services: [next.entry])
            _ = try await viewer.message("end", id: "a")
            #expect(try viewer.seqs("a") == Array(1...6))
            #expect(next.subscribes.map(\.after) == [3])
            await next.close()
        }
    }

    @Test("After an unsubscribe nothing more comes, and the id may be used again")
    func unsubscribe() async throws {
        try await Site.with { site in
            let task = task(site, 2)
            let viewer = try await TestViewer.ready(site)
            try await viewer.follow("a", task)
            try await eventually("the log", within: .seconds(20)) { try viewer.seqs("a") == [1, 2] }
            try await viewer.follow("a", task)
            let double = try await viewer.error()
            #expect(double["code"].string == "invalid_request" && double["id"] == .missing)
            try await viewer.send(#"{"type":"unsubscribe","id":"a"}"#)
            _ = try await viewer.message("end", id: "a")
            try await eventually("the cancel", within: .seconds(20)) { site.dispatcher.cancelled == 1 }
            site.dispatcher.emit(event(task, 3))
            try await viewer.follow("a", task, after: 2)
            try await eventually("the third", within: .seconds(20)) { try viewer.seqs("a") == [1, 2, 3] }
            try await viewer.send(#"{"type":"unsubscribe","id":"b"}"#)
            #expect(try await viewer.error(2)["code"].string == "invalid_request")
        }
    }

    @Test(
        "An invalid message is refused, and the socket stays open",
        arguments: [
            "x", "[]", "{}", #"{"type":1}"#, #"{"type":"dance"}"#, #"{"type":"subscribe"}"#,
            #"{"type":"subscribe","id":"","devices":true}"#, #"{"type":"subscribe","id":"a"}"#,
            #"{"type":"subscribe","id":"a","task":"x"}"#, #"{"type":"subscribe","id":"a","task":"x","devices":true}"#,
            #"{"type":"subscribe","id":"a","devices":false}"#, #"{"type":"auth","token":"x"}"#,
            #"{"type":"subscribe","id":"a","task":"0190a0b0-0000-7000-8000-000000000002","after":-1}"#,
            #"{"type":"subscribe","id":"a","task":"0190a0b0-0000-7000-8000-000000000002","after":"1"}"#,
            #"{"type":"unsubscribe"}"#,
        ])
    func garbage(_ text: String) async throws {
        try await Site.with { site in
            let viewer = try await TestViewer.ready(site)
            try await viewer.send(text)
            #expect(try await viewer.error()["code"].string == "invalid_request")
            try await viewer.send(#"{"type":"ping"}"#)
            _ = try await viewer.message("pong")
        }
    }

    @Test("Binary and too large messages close the socket, too many subscriptions are refused")
    func limits() async throws {
        try await Site.with { site in
            let binary = try await TestViewer.ready(site)
            try await binary.socket.send(.binary, [1])
            #expect(try await binary.socket.closed().code == 1003)
            let large = try await TestViewer.ready(site)
            try? await large.socket.send(.text, Array(repeating: UInt8(ascii: "x"), count: (64 << 10) + 1))
            #expect(try await large.socket.closed().code == 1009)
            let many = try await TestViewer.ready(site)
            for number in 0...256 { try await many.send(#"{"type":"subscribe","id":"\#(number)","devices":true}"#) }
            let error = try await many.error()
            #expect(error["code"].string == "rate_limited" && error["id"].string == "256")
        }
    }

    @Test("The end of a token closes its sockets within five seconds")
    func tokenEnds() async throws {
        try await Site.with { site in
            let issued = try await site.accounts.issue(owner: site.ada.id, name: "short", days: 1)
            let viewer = try await TestViewer.ready(site, token: issued.token)
            let start = ContinuousClock.now
            #expect(try await site.api.call("DELETE", "/tokens/\(issued.record.id)").status == 204)
            #expect(try await viewer.error()["code"].string == "token_revoked")
            #expect(try await viewer.socket.closed().code == 4401)
            #expect(ContinuousClock.now - start < .seconds(5))
        }
    }

    @Test("A viewer that does not read costs bounded memory, and gets everything once when it reads again")
    func slow() async throws {
        try await Site.with { site in
            let viewer = try await TestViewer.ready(site)
            let text = String(repeating: "x", count: 200_000)
            let tasks = (0..<5).map { _ in TaskID.generate() }
            for task in tasks {
                site.dispatcher.add(
                    task, owner: site.ada.id, events: (1...50).map { event(task, $0, text, last: $0 == 50) })
            }
            try await viewer.socket.stopReading()
            for (index, task) in tasks.enumerated() { try await viewer.follow("t\(index)", task) }
            // 50 MB wait at the dispatcher; the gateway holds no more than its bound.
            try await eventually("a full buffer", within: .seconds(60)) {
                site.server.viewers?.all.contains { $0.buffer.stuckSince != nil } == true
            }
            try await Task.sleep(for: .seconds(1))
            let session = try #require(site.server.viewers?.all.first)
            let bound = GatewayLimits.viewerHeld + EventBatch.preferredSize + (1 << 20)
            #expect(session.buffer.held.peak > 0 && session.buffer.held.peak <= bound)
            try await viewer.socket.startReading()
            for index in 0..<5 {
                _ = try await viewer.message("end", id: "t\(index)")
                #expect(try viewer.seqs("t\(index)") == Array(1...50))
            }
            #expect(session.buffer.held.peak <= bound)
            try await eventually("an empty buffer", within: .seconds(20)) { session.buffer.held.now == 0 }
        }
    }

    @Test("A viewer that neither reads nor answers is closed after the silence time")
    func stuck() async throws {
        try await Site.with {
            $0.ping = .milliseconds(200)
            $0.silence = .seconds(1)
        } _: { site in
            let viewer = try await TestViewer.ready(site)
            try await viewer.socket.stopReading()
            try await eventually("its end", within: .seconds(20)) { site.server.viewers?.all.isEmpty == true }
        }
    }

    @Test("Devices: a snapshot, then changes, and a new snapshot from the next registry")
    func devices() async throws {
        try await Site.with { site in
            let viewer = try await TestViewer.ready(site)
            try await viewer.send(#"{"type":"subscribe","id":"d","devices":true}"#)
            let outlet = try await site.registry.deviceWatcher()
            let life = site.registry.identity.incarnation
            let device = Device(
                owner: site.ada.id, id: "box", name: "Linux - box", status: .online, slots: Slots(used: 1, total: 5))
            _ = outlet.send(
                DeviceChanges(incarnation: life, revision: 1, snapshot: true, more: false, devices: [device]))
            let first = try await viewer.message("devices", id: "d")
            #expect(first["snapshot"].bool == true && first["more"].bool == false)
            site.registry.set(devices: [device])
            let listed = try await site.api.devices()
            #expect(first["items"].items == listed)
            try await eventually("credit", within: .seconds(20)) { outlet.credit > 0 }
            _ = outlet.send(
                DeviceChanges(
                    incarnation: life, revision: 2, snapshot: false, more: false,
                    removed: [RemovedDevice(owner: site.ada.id, id: "box")]))
            try await eventually("the removal", within: .seconds(20)) {
                try viewer.messages().last?["removed"].items.map(\.string) == ["box"]
            }
            outlet.fail(Fault(.unavailable, "a moment"))
            let again = try await site.registry.deviceWatcher(2)
            _ = again.send(DeviceChanges(incarnation: life, revision: 3, snapshot: true, more: false))
            try await eventually("the new snapshot", within: .seconds(20)) {
                try viewer.messages().last?["snapshot"].bool == true
            }
        }
    }

    @Test("A socket that closes before its token is verified starts no stream")
    func gone() throws {
        var state = ViewerState()
        let task = TaskID.generate()
        _ = state.received(ByteBuffer(string: #"{"type":"auth","token":"t"}"#))
        _ = state.received(ByteBuffer(string: #"{"type":"subscribe","id":"a","task":"\#(task)"}"#))
        var ended = state
        ended.ended()
        let now = Timestamp(milliseconds: 1_772_357_400_000)
        let record = TokenRecord(
            id: .generate(), owner: .generate(), name: "t", createdAt: now, expiresAt: now.adding(seconds: 60))
        let claims = TokenClaims(record)
        #expect(state.verified(.success((claims, "ada"))).count == 2)
        #expect(ended.verified(.success((claims, "ada"))) == [])
    }
}

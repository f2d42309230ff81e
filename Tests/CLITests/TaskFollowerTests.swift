import Messages
import Synchronization
import TestSupport
import Testing

@testable import CLI

@Suite("Following a task's events", .timeLimit(.minutes(1)))
struct TaskFollowerTests {
    private static func frame(_ seq: Int, _ data: String = #"{"state":"running"}"#) -> String {
        "id: \(seq)\nevent: state\ndata: {\"seq\":\(seq),\"kind\":\"state\",\"time\":\"2026-03-01T09:30:00.250Z\",\"data\":\(data)}\n\n"
    }

    private func follow(_ server: TinyServer) async throws -> (seqs: [UInt64], breaks: Int, restores: Int) {
        let gateway = GatewayClient(Connection(url: server.url, token: "t"))
        var (seqs, breaks, restores): ([UInt64], Int, Int) = ([], 0, 0)
        _ = try await TaskFollower(gateway: gateway, task: .generate()).follow { update in
            switch update {
            case .event(let event, _): seqs.append(event.seq)
            case .disconnected: breaks += 1
            case .reconnected: restores += 1
            }
        }
        return (seqs, breaks, restores)
    }

    @Test("A broken stream is resumed from the last event, without gaps or repetitions")
    func resumes() async throws {
        let lastEventIDs = Mutex<[String]>([])
        let server = try TinyServer { connection in
            guard let request = connection.request() else { return }
            let id = request.head.split(separator: "\r\n").first { $0.lowercased().hasPrefix("last-event-id:") }
            let number = lastEventIDs.withLock {
                $0.append(id.map { String($0.dropFirst(15)) } ?? "")
                return $0.count
            }
            if number == 3 {
                connection.answer(
                    503, headers: "Content-Type: application/problem+json\r\n", body: #"{"detail":"later"}"#)
                return
            }
            connection.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n: hi\n\n")
            switch number {
            // Ends in the middle of an event.
            case 1: connection.write(Self.frame(1) + Self.frame(2) + Self.frame(3).dropLast(9))
            // Skips an event: 4 must not be accepted after 2.
            case 2: connection.write(Self.frame(4))
            // Repeats an event, which must not be passed on twice.
            default: connection.write(Self.frame(2) + Self.frame(3) + Self.frame(4, #"{"state":"completed"}"#))
            }
        }
        defer { server.stop() }
        let result = try await follow(server)
        #expect(result.seqs == [1, 2, 3, 4])
        #expect(result.breaks == 3 && result.restores == 1)
        #expect(lastEventIDs.withLock { $0 } == ["", "2", "2", "2"])
    }

    @Test("An error reply ends the follower at once")
    func errorReplyEnds() async throws {
        let server = try TinyServer { connection in
            while connection.request() != nil {
                connection.answer(404, body: #"{"detail":"no such task","code":"task_not_found"}"#)
            }
        }
        defer { server.stop() }
        let error = await #expect(throws: GatewayError.self) { try await follow(server) }
        #expect(error?.code == .taskNotFound)
    }

    @Test("Retries go on for about a minute")
    func retriesForAMinute() {
        var plan = RetryPlan()
        var total = Duration.zero
        var count = 0
        while let pause = plan.failed() {
            total += pause
            count += 1
        }
        #expect(count == RetryPlan.tries)
        #expect((.seconds(30)...Duration.seconds(70)).contains(total))
        plan.succeeded()
        #expect(plan.failed() == .milliseconds(200))
    }
}

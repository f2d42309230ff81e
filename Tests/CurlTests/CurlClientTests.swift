import Synchronization
import TestSupport
import Testing

@testable import Curl

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite("HTTP client", .timeLimit(.minutes(1)))
struct CurlClientTests {
    let client = CurlClient(userAgent: "curl-tests")

    @Test("Status, headers and body are read")
    func response() async throws {
        let server = try TinyServer { connection in
            while let request = connection.request() {
                connection.answer(headers: "X-Line: \(request.line)\r\nX-Two:  b \r\n", body: "hello")
            }
        }
        defer { server.stop() }
        let response = try await client.send(CurlRequest("GET", server.url + "/a?b=c"))
        #expect(response.status == 200)
        #expect(response.headers["x-line"] == "GET /a?b=c HTTP/1.1")
        #expect(response.headers["X-TWO"] == "b")
        #expect(try await response.body.bytes() == [UInt8]("hello".utf8))
    }

    @Test("Method, headers and a body of 3 MB are sent", arguments: ["POST", "PUT", "DELETE", "PATCH"])
    func request(_ method: String) async throws {
        let server = try TinyServer { connection in
            while let request = connection.request() {
                connection.answer(
                    202, body: "\(request.line)|\(request.head.contains("X-Mine: yes"))|\(request.body.count)")
            }
        }
        defer { server.stop() }
        let body = [UInt8](repeating: 7, count: 3_000_000)
        let request = CurlRequest(method, server.url, headers: ["X-Mine": "yes"], body: body)
        let response = try await client.send(request)
        let text = String(decoding: try await response.body.bytes(), as: UTF8.self)
        #expect(response.status == 202)
        #expect(text == "\(method) / HTTP/1.1|true|3000000")
    }

    @Test("A response without a body has its status")
    func emptyBody() async throws {
        let server = try TinyServer { connection in
            while connection.request() != nil { connection.write("HTTP/1.1 204 Nothing\r\n\r\n") }
        }
        defer { server.stop() }
        for _ in 0..<3 {
            let response = try await client.send(CurlRequest("DELETE", server.url))
            #expect(response.status == 204)
            #expect(try await response.body.bytes().isEmpty)
        }
    }

    @Test("Chunks are delivered as they are sent")
    func chunks() async throws {
        let (turns, turn) = AsyncStream.makeStream(of: Void.self)
        let gate = Gate()
        let server = try TinyServer { connection in
            guard connection.request() != nil else { return }
            connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            for word in ["one", "two", "three"] {
                connection.write("\(String(word.utf8.count, radix: 16))\r\n\(word)\r\n")
                gate.wait()
            }
            connection.write("0\r\n\r\n")
        }
        defer { server.stop() }
        let response = try await client.send(CurlRequest("GET", server.url))
        var words: [String] = []
        for try await chunk in response.body {
            words.append(String(decoding: chunk, as: UTF8.self))
            turn.yield()
            gate.open()
        }
        turn.finish()
        #expect(words == ["one", "two", "three"])
        #expect(await turns.reduce(into: 0) { count, _ in count += 1 } == 3)
    }

    @Test("A slow reader slows the server down")
    func backPressure() async throws {
        let total = 24 << 20
        let sent = Mutex(0)
        let server = try TinyServer { connection in
            guard connection.request() != nil else { return }
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(total)\r\n\r\n")
            let block = [UInt8](repeating: 1, count: 1 << 20)
            for _ in 0..<24 {
                guard connection.write(block) else { return }
                sent.withLock { $0 += block.count }
            }
        }
        defer { server.stop() }
        let response = try await client.send(CurlRequest("GET", server.url))
        // Wait until the server is blocked: it can send no more than the sockets' buffers hold.
        var before = -1
        while true {
            let now = sent.withLock { $0 }
            if now == before { break }
            before = now
            try await Task.sleep(for: .milliseconds(200))
        }
        #expect(before < total / 2)
        var count = 0
        for try await chunk in response.body {
            count += chunk.count
        }
        #expect(count == total)
    }

    @Test("Cancelling the reader ends the transfer")
    func cancelledReader() async throws {
        let (closed, close) = AsyncStream.makeStream(of: Void.self)
        let server = try TinyServer { connection in
            guard connection.request() != nil else { return }
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nfirst")
            connection.untilClosed()
            close.yield()
        }
        defer { server.stop() }
        let url = server.url
        let (started, start) = AsyncStream.makeStream(of: Void.self)
        let reader = Task {
            let response = try await client.send(CurlRequest("GET", url))
            for try await _ in response.body { start.yield() }
        }
        for await _ in started { break }
        reader.cancel()
        await #expect(throws: CancellationError.self) { try await reader.value }
        for await _ in closed { break }
    }

    @Test("Cancelling before the headers ends the transfer")
    func cancelledSender() async throws {
        let (events, event) = AsyncStream.makeStream(of: Void.self)
        let server = try TinyServer { connection in
            guard connection.request() != nil else { return }
            event.yield()
            connection.untilClosed()
            event.yield()
        }
        defer { server.stop() }
        let url = server.url
        let sender = Task { try await client.send(CurlRequest("GET", url)).status }
        var iterator = events.makeAsyncIterator()
        await iterator.next()
        sender.cancel()
        await #expect(throws: CancellationError.self) { try await sender.value }
        await iterator.next()
    }

    @Test("Releasing the response ends the transfer")
    func releasedResponse() async throws {
        let (closed, close) = AsyncStream.makeStream(of: Void.self)
        let server = try TinyServer { connection in
            guard connection.request() != nil else { return }
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nfirst")
            connection.untilClosed()
            close.yield()
        }
        defer { server.stop() }
        #expect(try await client.send(CurlRequest("GET", server.url)).status == 200)
        for await _ in closed { break }
    }

    @Test("Each failure has its kind and a message")
    func failures() async throws {
        let server = try TinyServer { connection in
            guard let request = connection.request() else { return }
            if request.line.contains("broken") { connection.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf") }
            if request.line.contains("silent") { connection.untilClosed() }
        }
        defer { server.stop() }
        let plain = try TinyServer { connection in
            connection.write("HTTP/1.1 400 Bad Request\r\n\r\n")
            connection.untilClosed()
        }
        defer { plain.stop() }
        let closed = try TinyServer { _ in }
        closed.stop()
        let cases: [(CurlRequest, CurlError.Kind)] = [
            (CurlRequest("GET", closed.url), .refused),
            (CurlRequest("GET", "http://nowhere.invalid/"), .unresolved),
            (CurlRequest("GET", "ftp://127.0.0.1/"), .invalidRequest),
            (CurlRequest("GET", "not a url"), .invalidRequest),
            (CurlRequest("GET", server.url, headers: ["X": "a\r\nY: b"]), .invalidRequest),
            (CurlRequest("GET", server.url + "/broken"), .broken),
            (CurlRequest("GET", server.url + "/empty"), .broken),
            (CurlRequest("GET", server.url + "/silent", idleTimeout: .seconds(1)), .timedOut),
            (CurlRequest("GET", server.url + "/silent", totalTimeout: .milliseconds(200)), .timedOut),
            (CurlRequest("GET", plain.url.replacing("http:", with: "https:")), .tls),
        ]
        for (request, kind) in cases {
            let error = await #expect(throws: CurlError.self, "\(request.url)") {
                _ = try await client.send(request).body.bytes()
            }
            #expect(error?.kind == kind, "\(request.url): \(error?.message ?? "")")
            #expect(error?.message.isEmpty == false)
        }
    }

    @Test("Redirects are followed only if the request allows them")
    func redirects() async throws {
        let server = try TinyServer { connection in
            while let request = connection.request() {
                if request.line.hasPrefix("GET /end ") {
                    connection.answer(body: "end")
                } else {
                    let next = request.line.hasPrefix("GET /loop") ? "/loop" : "/end"
                    connection.answer(302, headers: "Location: \(next)\r\n", body: "moved")
                }
            }
        }
        defer { server.stop() }
        #expect(try await client.send(CurlRequest("GET", server.url)).status == 302)
        let followed = try await client.send(CurlRequest("GET", server.url, redirects: 3))
        #expect(followed.status == 200)
        #expect(try await followed.body.bytes() == [UInt8]("end".utf8))
        let error = await #expect(throws: CurlError.self) {
            try await client.send(CurlRequest("GET", server.url + "/loop", redirects: 3))
        }
        #expect(error?.kind == .redirects)
    }

    @Test("100 concurrent requests get their own responses")
    func concurrent() async throws {
        let server = try TinyServer { connection in
            while let request = connection.request() { connection.answer(body: request.line) }
        }
        defer { server.stop() }
        let url = server.url
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<100 {
                group.addTask {
                    let response = try await client.send(CurlRequest("GET", "\(url)/\(number)"))
                    let body = String(decoding: try await response.body.bytes(), as: UTF8.self)
                    return body == "GET /\(number) HTTP/1.1"
                }
            }
            for try await isOwn in group { #expect(isOwn) }
        }
    }

    @Test("A body over the limit is an error")
    func limit() async throws {
        let server = try TinyServer { connection in
            while connection.request() != nil { connection.answer(body: "0123456789") }
        }
        defer { server.stop() }
        let error = await #expect(throws: CurlError.self) {
            _ = try await client.send(CurlRequest("GET", server.url)).body.bytes(limit: 9)
        }
        #expect(error?.kind == .tooLarge)
    }

    @Test("A shutdown ends transfers in progress and refuses new ones")
    func shutdown() async throws {
        let (started, start) = AsyncStream.makeStream(of: Void.self)
        let server = try TinyServer { connection in
            guard connection.request() != nil else { return }
            start.yield()
            connection.untilClosed()
        }
        defer { server.stop() }
        let own = CurlClient()
        let url = server.url
        let sender = Task { try await own.send(CurlRequest("GET", url)).status }
        for await _ in started { break }
        await own.shutdown()
        await own.shutdown()
        for request in [sender, Task { try await own.send(CurlRequest("GET", url)).status }] {
            let error = await #expect(throws: CurlError.self) { try await request.value }
            #expect(error?.kind == .closed)
        }
    }
}

/// A semaphore for the server's thread.
final class Gate: @unchecked Sendable {
    private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
    init() { sem_init(semaphore, 0, 0) }
    deinit { semaphore.deallocate() }
    func wait() { sem_wait(semaphore) }
    func open() { sem_post(semaphore) }
}

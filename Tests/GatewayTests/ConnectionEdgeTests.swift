import Messages
import NIOCore
import TestClient
import TestSupport
import Testing

@testable import Gateway

@Suite("Edges of HTTP connections", .serialized)
struct ConnectionEdgeTests {
    @Test("A request without a Host, or with two, is answered with 400, as a first and as a later one")
    func hosts() async throws {
        try await Site.with { site in
            for fields in ["", "Host: a\r\nHost: b\r\n", "Host: a\r\nhost: a\r\n"] {
                let connection = try await TestConnection.dial(port: site.server.port)
                try await connection.send("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
                try await connection.next("200 OK")
                try await connection.send("GET /healthz HTTP/1.1\r\n\(fields)\r\n")
                try await connection.next("400 Bad Request")
                try await connection.ended()
                #expect(connection.text.contains("exactly one 'Host' field"))
                let first = try await TestConnection.dial(port: site.server.port)
                try await first.send("GET /healthz HTTP/1.1\r\n\(fields)\r\n")
                try await first.next("400 Bad Request")
            }
            let upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            let socket = try await TestConnection.dial(port: site.server.port)
            try await socket.send(
                "GET /ws HTTP/1.1\r\n\(upgrade)Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
            try await socket.next("400 Bad Request")
            // The gateway's own mark is no field for clients.
            let marked = try await TestConnection.dial(port: site.server.port)
            try await marked.send("GET /healthz HTTP/1.1\r\nHost: a\r\n\(HostGuard.mark): 1\r\n\r\n")
            try await marked.next("200 OK")
            let old = try await TestConnection.dial(port: site.server.port)
            try await old.send("GET /healthz HTTP/1.0\r\n\r\n")
            try await old.next("200 OK")
        }
    }

    @Test("A body that comes byte by byte is cut off after the time for a whole one")
    func slowBody() async throws {
        try await Site.with {
            $0.requestBody = .seconds(1)
        } _: { site in
            let slow = try await TestConnection.dial(port: site.server.port)
            let start = ContinuousClock.now
            try await slow.send("POST /auth/login HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n")
            while slow.isOpen, ContinuousClock.now - start < .seconds(15) {
                try? await slow.send("x")
                try await Task.sleep(for: .milliseconds(50))
            }
            #expect(!slow.isOpen)
            let chunked = try await TestConnection.dial(port: site.server.port)
            try await chunked.send(
                "POST /auth/login HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n")
            try await chunked.ended()
            // A connection may live longer than a body.
            let quick = try await TestConnection.dial(port: site.server.port)
            for _ in 0..<4 {
                try await quick.send("POST /auth/login HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}")
                try await Task.sleep(for: .milliseconds(400))
            }
            #expect(quick.isOpen)
        }
    }

    @Test(
        "A body over the limit gets its 413, however much of it is still to come and whatever the client's fields say")
    func lateRefusal() async throws {
        try await Site.with { site in
            let token = site.api.token ?? ""
            for fields in ["", "Connection: close\r\n"] {
                let size = 24 << 20
                let connection = try await TestConnection.dial(port: site.server.port)
                try await connection.send(
                    "POST /tasks HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(token)\r\n\(fields)Content-Length: \(size)\r\n\r\n"
                )
                // Nothing is read before the whole body is sent, as by clients that do not look at the answer meanwhile.
                for _ in 0..<24 { try await connection.send([UInt8](repeating: 0x20, count: 1 << 20)) }
                try await connection.next("HTTP/1.1 413 ")
                try await connection.next("body_too_large")
            }
        }
    }

    @Test("An address has at most its number of connections; a WebSocket and an ended one count no longer")
    func addressLimit() async throws {
        let ledger = AddressLedger(limit: 2)
        let address = try SocketAddress(ipAddress: "10.0.0.1", port: 1)
        let (first, second) = (ledger.enter(address), ledger.enter(address))
        #expect(first != nil && second != nil && ledger.enter(address) == nil)
        let neighbour = try SocketAddress(ipAddress: "10.0.0.2", port: 1)
        #expect(ledger.enter(neighbour) != nil)
        first?.close()
        first?.close()
        let third = ledger.enter(address)
        #expect(third != nil && ledger.enter(address) == nil)
        for (left, right, same) in [
            ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true), ("2001:db8:1:2::1", "2001:db8:1:3::1", false),
            ("::ffff:10.0.0.1", "::ffff:10.0.0.2", false),
        ] {
            let keys = try [left, right].map { AddressLedger.key(try SocketAddress(ipAddress: $0, port: 1)) }
            #expect((keys[0] == keys[1]) == same)
        }
        try await Site.with { site in
            let port = site.server.port
            var sockets: [TestSocket] = []
            for _ in 0..<3 { sockets.append(try await site.dial()) }
            var open: [TestConnection] = []
            // The site's own client has connections, too.
            while true {
                let connection = try await TestConnection.dial(port: port)
                try? await connection.send("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
                try await eventually("an answer or the end") {
                    connection.text.contains("200 OK") || !connection.isOpen
                }
                guard connection.isOpen, open.count < 20 else { break }
                open.append(connection)
            }
            #expect((1...8).contains(open.count))
            await open.removeLast().close()
            try await eventually("room for another one", within: .seconds(20)) {
                let connection = try await TestConnection.dial(port: port)
                try? await connection.send("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
                try await eventually("an answer or the end") {
                    connection.text.contains("200 OK") || !connection.isOpen
                }
                return connection.isOpen
            }
            #expect(sockets.allSatisfy { $0.isOpen })
        } configure: {
            $0.addressConnections = 8
        }
    }

    @Test("Connections beyond the descriptors wait, and are served when others close")
    func descriptors() async throws {
        #expect(AcceptGuard.connections(of: 1024) == 960 && AcceptGuard.connections(of: 96) == 48)
        try await Site.with { site in
            let port = site.server.port
            var open: [TestConnection] = []
            for _ in 0..<40 { open.append(try await TestConnection.dial(port: port)) }
            for connection in open { try await connection.send("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n") }
            func served() -> Int { open.count { $0.text.contains("200 OK") } }
            try await eventually("those that fit", within: .seconds(20)) { served() >= 20 }
            #expect(served() < 32)
            for connection in open.prefix(20) { await connection.close() }
            try await eventually("the others", within: .seconds(20)) { served() == 40 }
        } configure: {
            $0.tuning.connections = 30
        }
    }
}

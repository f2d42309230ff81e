import Curl
import Messages
import TestClient
import TestSupport
import Testing

@testable import Gateway

@Suite("Requests", .serialized)
struct RequestTests {
    @Test("Health needs no token, everything else does")
    func open() async throws {
        try await Site.with { site in
            let anonymous = site.api.with(token: nil)
            let health = try await anonymous.call("GET", "/healthz").expect(200)
            #expect(health == .object(["status": .string("ok"), "version": .string(Product.version)]))
            for (method, path) in [
                ("GET", "/devices"), ("POST", "/tasks"), ("GET", "/tasks/x"), ("GET", "/tasks/x/events"),
                ("GET", "/tokens"), ("DELETE", "/tokens/x"), ("GET", "/executor"), ("POST", "/tasks/x/retry"),
                ("POST", "/tasks/x/messages"),
                ("GET", "/approvals"), ("POST", "/tasks/x/approvals/y"), ("GET", "/conversations"),
                ("DELETE", "/conversations/x"), ("GET", "/me/defaults"), ("PATCH", "/devices/x"),
            ] {
                let answer = try await anonymous.call(method, path)
                #expect(answer.status == 401 && answer.code == "token_missing", "\(method) \(path)")
                #expect(answer.type == "application/problem+json")
            }
            let answer = try await site.send("GET", "/devices", token: "x.y.z")
            #expect(answer.status == 401)
            #expect(answer.body["code"].string == "token_invalid")
            #expect(answer.headers["WWW-Authenticate"] == #"Bearer realm="wegent""#)
            let expired = try await site.token(seconds: -1)
            #expect(try await site.api.with(token: expired).call("GET", "/devices").code == "token_expired")
        }
    }

    @Test("A login returns a token, and after too many failures the next one must wait")
    func login() async throws {
        try await Site.with { site in
            let anonymous = site.api.with(token: nil)
            let body = #"{"username":"ada","password":"\#(site.password)"}"#
            let answer = try await anonymous.call("POST", "/auth/login", body).expect(200)
            #expect(answer["user"]["name"].string == "ada")
            #expect(answer["user"]["id"].string == site.ada.id.description)
            let expires = try #require(answer["expires_at"].string.flatMap { Timestamp($0) })
            #expect(abs(expires.seconds(since: .now()) - 7 * 86_400) < 60)
            _ = try await site.api.with(token: answer["token"].string).devices()

            for _ in 0..<5 {
                let wrong = try await anonymous.call("POST", "/auth/login", #"{"username":"ada","password":"no"}"#)
                #expect(wrong.status == 401 && wrong.code == "login_failed")
            }
            let held = try await site.send("POST", "/auth/login", body: Array(body.utf8))
            #expect(held.status == 429)
            #expect(held.body["code"].string == "rate_limited")
            #expect(Int(held.headers["Retry-After"] ?? "") == 1)
            let other = try await anonymous.call("POST", "/auth/login", #"{"username":"bob","password":"no"}"#)
            #expect(other.code == "login_failed")
        }
    }

    @Test("A token is made, listed, used and revoked by its owner")
    func tokens() async throws {
        try await Site.with { site in
            let made = try await site.api.call("POST", "/tokens", #"{"name":"ci","expires_in_days":2}"#).expect(201)
            #expect(made.keys == ["id", "name", "token", "created_at", "expires_at"])
            let id = try #require(made["id"].string)
            let ci = site.api.with(token: made["token"].string)
            _ = try await ci.devices()
            let list = try await site.api.call("GET", "/tokens").expect(200)
            #expect(list["total"].int == 2)
            let item = try #require(list["items"].items.first { $0["id"].string == id })
            #expect(item.keys == ["id", "name", "created_at", "expires_at", "last_used_at", "revoked_at"])
            #expect(item["name"].string == "ci" && item["revoked_at"] == .null)
            #expect(item["last_used_at"].string.flatMap { Timestamp($0) } != nil)
            let foreign = try await site.other.call("DELETE", "/tokens/\(id)")
            #expect(foreign.status == 404 && foreign.code == "token_not_found")
            #expect(try await site.api.call("DELETE", "/tokens/\(id)").status == 204)
            #expect(try await ci.call("GET", "/devices").code == "token_revoked")
            #expect(try await site.api.call("POST", "/tokens", "{}").expect(201)["name"].string == "token")
            for body in [#"{"expires_in_days":0}"#, #"{"expires_in_days":8}"#, #"{"name":""}"#] {
                let answer = try await site.api.call("POST", "/tokens", body)
                #expect(answer.status == 422 && answer.code == "invalid_request")
            }
            #expect(try await site.api.call("POST", "/tokens", #"{"expires_in_days":"2"}"#).status == 400)
        }
    }

    @Test("An unknown path is 404, an unknown method 405 with the allowed ones")
    func routes() async throws {
        try await Site.with { site in
            for path in ["/", "/nope", "/tasks/a/b", "/devices/a/star", "/healthz/x"] {
                let answer = try await site.api.call("GET", path)
                #expect(answer.status == 404 && answer.code == "route_not_found", "\(path)")
            }
            for (method, path, allow) in [
                ("DELETE", "/tasks", "GET, HEAD, POST"), ("POST", "/devices/x/default", "DELETE, PUT"),
                ("GET", "/devices/x", "DELETE, PATCH"), ("GET", "/auth/login", "POST"),
            ] {
                let answer = try await site.send(method, path)
                #expect(answer.status == 405 && answer.body["code"].string == "method_not_allowed", "\(method) \(path)")
                #expect(answer.headers["Allow"] == allow)
            }
        }
    }

    @Test("Every answer has a trace id: the request's own or a new one")
    func trace() async throws {
        try await Site.with { site in
            let trace = "0af7651916cd43dd8448eb211c80319c"
            let given = try await site.send(
                "GET", "/nope", headers: [("traceparent", "00-\(trace)-b7ad6b7169203331-01")])
            #expect(given.headers["X-Trace-Id"] == trace)
            #expect(given.body["trace_id"].string == trace)
            for value in ["", "00-xyz", "00-00000000000000000000000000000000-b7ad6b7169203331-01"] {
                let made = try await site.send("GET", "/healthz", headers: [("traceparent", value)])
                #expect(made.headers["X-Trace-Id"]?.count == 32)
                #expect(made.headers["X-Trace-Id"] != trace)
            }
        }
    }

    @Test("An invalid body is refused with the position or the field")
    func bodies() async throws {
        try await Site.with { site in
            let cases: [(String, Int, String, String)] = [
                ("", 400, "invalid_json", "end of file"), ("{", 400, "invalid_json", "end of file"),
                (#"{"prompt":"x" "target":1}"#, 400, "invalid_json", "character 14"),
                (#"{"prompt":"\q"}"#, 400, "invalid_json", "character 11"), ("[]", 400, "invalid_request", "object"),
                ("{}", 400, "invalid_request", "'prompt'"), (#"{"prompt":5}"#, 400, "invalid_request", "'prompt'"),
                (#"{"prompt":null}"#, 400, "invalid_request", "'prompt'"),
                (#"{"prompt":"x","target":5}"#, 400, "invalid_request", "'target'"),
                (#"{"prompt":"x","conversation_id":"5"}"#, 400, "invalid_request", "'conversation_id'"),
                (#"{"prompt":""}"#, 422, "prompt_empty", "prompt"),
                (#"{"prompt":" \n\t "}"#, 422, "prompt_empty", "prompt"),
                (#"{"prompt":"x","target":""}"#, 422, "invalid_request", "'target'"),
                (#"{"prompt":"x","agent":""}"#, 422, "invalid_request", "'agent'"),
                (#"{"prompt":"x","cwd":"relative"}"#, 422, "invalid_request", "'cwd'"),
                (#"{"prompt":"x","idempotency_key":""}"#, 422, "invalid_request", "'idempotency_key'"),
            ]
            for (body, status, code, detail) in cases {
                let answer = try await site.api.call("POST", "/tasks", body)
                #expect(answer.status == status && answer.code == code, "\(body): \(answer.json)")
                #expect(answer.json["detail"].string?.contains(detail) == true, "\(body): \(answer.json)")
            }
            #expect(site.dispatcher.submits.isEmpty)
        }
    }

    @Test("An invalid query is refused with the parameter's name")
    func queries() async throws {
        try await Site.with { site in
            for (query, name) in [
                ("limit=0", "limit"), ("limit=201", "limit"), ("limit=x", "limit"), ("limit=", "limit"),
                ("before=x", "before"), ("state=done", "state"), ("conversation=1", "conversation"),
                ("colour=red", "colour"), ("limit=1&limit=2", "limit"),
            ] {
                let answer = try await site.api.call("GET", "/tasks?\(query)")
                #expect(answer.status == 400 && answer.code == "invalid_request", "\(query)")
                #expect(answer.json["detail"].string?.contains("'\(name)'") == true, "\(query): \(answer.json)")
            }
            let before = TaskID.generate()
            let conversation = ConversationID.generate()
            _ = try await site.api.call(
                "GET", "/tasks?limit=3&before=\(before)&state=running,queued&device=a%20b&conversation=\(conversation)"
            ).expect(200)
            #expect(
                site.dispatcher.lists.last
                    == TaskList(
                        owner: site.ada.id, limit: 3, before: before, states: [.running, .queued], device: "a b",
                        conversation: conversation))
        }
    }

    @Test("Too large prompts and bodies are refused with an answer, with and without Expect and chunks")
    func sizes() async throws {
        try await Site.with { site in
            let fits = String(repeating: "é", count: Limits.prompt / 2)
            _ = try await site.api.call("POST", "/tasks", #"{"prompt":"\#(fits)"}"#).expect(202)
            #expect(site.dispatcher.submits.last?.prompt == fits)
            let prompt = try await site.api.call("POST", "/tasks", #"{"prompt":"\#(fits)x"}"#)
            #expect(prompt.status == 413 && prompt.code == "prompt_too_large")
            let escaped = String(repeating: "\\u0061", count: Limits.prompt)
            _ = try await site.api.call("POST", "/tasks", #"{"prompt":"\#(escaped)"}"#).expect(202)
            let huge = [UInt8](repeating: 0x61, count: GatewayLimits.taskBody + 1)
            for headers in [[], [("Expect", "")], [("Expect", ""), ("Transfer-Encoding", "chunked")]] {
                let answer = try await site.send("POST", "/tasks", headers: headers, body: huge)
                #expect(answer.status == 413 && answer.body["code"].string == "body_too_large")
            }
            let login = try await site.send(
                "POST", "/auth/login", body: [UInt8](repeating: 0x20, count: GatewayLimits.body + 1))
            #expect(login.status == 413)
            // The connection of a refused request is not used again.
            _ = try await site.api.devices()
        }
    }
}

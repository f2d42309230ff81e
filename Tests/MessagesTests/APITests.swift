import Foundation
import Messages
import Testing

/// The bodies of the HTTP interface against `Golden/api`: their bytes as the gateway writes them, nulls included.
@Suite("The HTTP interface's bodies")
struct APITests {
    static let folder = GoldenTests.folder.appending(path: "api")
    private static let time = Samples.time
    private static let token = TokenBody(
        id: TokenID("0190a0b0-0000-7000-8000-000000000008")!, name: "ci", createdAt: time,
        expiresAt: time.adding(seconds: 604_800), lastUsedAt: time, revokedAt: time)
    private static let freshToken = TokenBody(
        id: token.id, name: "ci", createdAt: token.createdAt, expiresAt: token.expiresAt)
    private static let bareTask = TaskView(
        id: Samples.task, state: .queued, target: .cloud, conversation: Samples.conversation, agent: "shell",
        prompt: "make test", attempt: 0, lastSeq: 1, createdAt: time, choices: Choices(), splitOutput: false)
    private static var stalledTask: TaskView {
        var task = bareTask
        task.stalled = Stall(since: time)
        return task
    }
    private static let bareDevice = Device(
        owner: Samples.user, id: "a1b2c3", name: "box", status: .unknown, slots: Slots(used: 0, total: 1),
        agents: [Agent(name: "shell", version: nil, ready: true, detail: nil)])
    private static let bareApproval = ApprovalView(
        id: Samples.approval, task: Samples.task, attempt: 1, conversation: Samples.conversation, tool: "Bash",
        title: "ls", input: ["command": "ls", "nested": [1, .number(1.5), nil, true, ["a/b": "c"]]], state: .pending,
        requestedAt: time, expiresAt: time)

    /// A body with the name of its golden file.
    struct Sample: Sendable, CustomStringConvertible {
        var description: String
        var check: @Sendable () throws -> Void

        init<Body: Codable & Equatable & Sendable>(_ name: String, _ body: Body) {
            description = name
            check = { try APITests.check(name, body) }
        }
    }

    static let samples: [Sample] = [
        Sample("task", TaskBody(Samples.view)), Sample("task.bare", TaskBody(bareTask)),
        Sample("task.stalled", TaskBody(stalledTask)),
        Sample("device", DeviceBody(Samples.device)), Sample("device.bare", DeviceBody(bareDevice)),
        Sample("approval", ApprovalBody(Samples.approvalView)), Sample("approval.bare", ApprovalBody(bareApproval)),
        Sample(
            "approval.request",
            ApprovalRequestBody(
                decision: .allow, scope: .once, message: "go on", option: "allow_once",
                updatedInput: ["command": "npm test -s"], answers: Samples.answers, answer: Samples.answer)),
        Sample("approval.request.bare", ApprovalRequestBody(decision: .deny)),
        Sample("conversation", ConversationBody(Samples.talk)),
        Sample(
            "conversation.bare",
            ConversationBody(
                ConversationView(
                    id: Samples.conversation, title: "t", createdAt: time, updatedAt: time, tasks: 0))),
        Sample("choices", ChoicesBody(Samples.choices)), Sample("choices.bare", ChoicesBody(Choices())),
        Sample(
            "defaults", DefaultsBody(DefaultsView(chosen: Choices(priority: .high), effective: Samples.choices))),
        Sample("token", token), Sample("token.bare", freshToken),
        Sample(
            "token.issued",
            IssuedTokenBody(
                id: token.id, name: "ci", token: "a.b.c", createdAt: token.createdAt, expiresAt: token.expiresAt)),
        Sample(
            "login", LoginBody(token: "a.b.c", expiresAt: time, user: UserBody(id: Samples.user, name: "ada"))),
        Sample(
            "problem",
            ProblemBody(
                Fault(.taskNotFound, "you have no task 7"), title: "Not Found", status: 404,
                trace: TraceID(high: 0x0af7_6519_16cd_43dd, low: 0x8448_eb21_1c80_319c))),
        Sample("page", PageBody(items: [ConversationBody(Samples.talk)], next: "\(Samples.task)", total: 51)),
        Sample("page.last", PageBody<ConversationBody>(items: [], next: nil, total: 0)),
        Sample("list", ListBody([token])),
        Sample(
            "task.request",
            TaskRequestBody(
                prompt: "say \"hällo\"", target: "a1b2c3", agent: "shell", cwd: "/srv/app",
                conversation: Samples.conversation, idempotencyKey: "order-66",
                choices: Choices(priority: .high, timeoutS: 60))),
        Sample("task.request.bare", TaskRequestBody(prompt: "x")),
    ]

    @Test("Each body is written and read as its golden file", arguments: samples)
    func bodyIsItsGoldenFile(sample: Sample) throws { try sample.check() }

    @Test("Each golden file has a sample")
    func everyFileHasASample() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
        #expect(Set(files) == Set(Self.samples.map { "\($0).json" }))
    }

    private static func check<Body: Codable & Equatable>(_ name: String, _ body: Body) throws {
        let golden = try Data(contentsOf: folder.appending(path: "\(name).json"))
        let bytes = try JSONEncoder.canonical.encode(body)
        #expect(bytes == golden, "\(name) is \(String(decoding: bytes, as: UTF8.self)) now")
        #expect(try JSONDecoder().decode(Body.self, from: golden) == body)
        var fields = try #require(try JSONSerialization.jsonObject(with: golden) as? [String: Any])
        fields["mood"] = ["fine": 1]
        let grown = try JSONSerialization.data(withJSONObject: fields)
        #expect(try JSONDecoder().decode(Body.self, from: grown) == body, "an unknown field is ignored")
    }

    @Test("A reader keeps a name of an open set that it does not know")
    func unknownNamesAreKept() throws {
        let golden = try String(contentsOf: Self.folder.appending(path: "task.json"), encoding: .utf8)
        let text = golden.replacing(#""state":"queued""#, with: #""state":"dreaming""#)
        let body = try JSONDecoder().decode(TaskBody.self, from: Data(text.utf8))
        #expect(body.view.state.rawValue == "dreaming")
    }

    @Test("A patch tells a missing field, null and a value apart")
    func patchesHaveThreeForms() throws {
        for (text, title) in [
            ("{}", .absent), (#"{"title":null}"#, .clear), (#"{"title":"x"}"#, .set("x")),
        ] as [(String, Patch<String>)] {
            let body = try JSONDecoder().decode(ConversationPatchBody.self, from: Data(text.utf8))
            #expect(body.title == title)
            #expect(String(decoding: try JSONEncoder().encode(body), as: UTF8.self) == text)
        }
        let device = DevicePatchBody(name: .clear, labels: ["gpu": "a100", "old": nil])
        let bytes = try JSONEncoder().encode(device)
        #expect(try JSONValue(reading: bytes) == ["name": nil, "labels": ["gpu": "a100", "old": nil]])
        #expect(try JSONDecoder().decode(DevicePatchBody.self, from: bytes) == device)
    }

    @Test("A patch of the defaults sets, clears and refuses unknown names")
    func defaultsPatch() throws {
        let text = #"{"priority":"high","grace_s":null}"#
        let patch = try JSONDecoder().decode(DefaultsPatchBody.self, from: Data(text.utf8))
        #expect(patch == DefaultsPatchBody(set: Choices(priority: .high), clear: ["grace_s"]))
        #expect(try JSONValue(reading: JSONEncoder().encode(patch)) == ["priority": "high", "grace_s": nil])
        try patch.check()
        let wrong = try JSONDecoder().decode(DefaultsPatchBody.self, from: Data(#"{"prioritty":"high"}"#.utf8))
        let fault = #expect(throws: Fault.self) { try wrong.check() }
        #expect(fault?.code == .invalidRequest)
        #expect(fault?.message.contains("'prioritty'") == true)
    }
}

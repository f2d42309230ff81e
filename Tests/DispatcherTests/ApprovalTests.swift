import GRDB
import Messages
import TestSupport
import Testing

@testable import Dispatcher

@Suite("The state of one permission request")
struct ApprovalTests {
    private static let later = Sample.now.adding(seconds: 5)

    enum Input: String, CaseIterable { case allow, deny, again, expire, abandon, deliver }

    /// Returns a request in a state.
    private static func approval(_ state: ApprovalState, delivered: Bool = false) -> ApprovalRecord {
        var approval = Sample.approval()
        switch state {
        case .allowed: _ = approval.decide(Sample.decide(approval), now: Sample.now)
        case .denied: _ = approval.decide(Sample.decide(approval, .deny, message: "no"), now: Sample.now)
        case .expired: _ = approval.expire(now: Sample.now)
        case .abandoned: _ = approval.abandon(now: Sample.now)
        default: break
        }
        if delivered { _ = approval.deliver() }
        return approval
    }

    struct Row: Sendable {
        let from: ApprovalState
        let delivered: Bool
        let input: Input
        let to: ApprovalState
        let isDelivered: Bool
        /// The verdict's code, or what the input returns.
        let result: String
    }

    private static let table: [Row] = [
        Row(from: .pending, delivered: false, input: .allow, to: .allowed, isDelivered: false, result: "counts"),
        Row(from: .pending, delivered: false, input: .deny, to: .denied, isDelivered: false, result: "counts"),
        Row(from: .pending, delivered: false, input: .expire, to: .expired, isDelivered: false, result: "true"),
        Row(from: .pending, delivered: false, input: .abandon, to: .abandoned, isDelivered: true, result: "true"),
        Row(
            from: .allowed, delivered: false, input: .deny, to: .allowed, isDelivered: false,
            result: "approval_resolved"),
        Row(from: .allowed, delivered: false, input: .again, to: .allowed, isDelivered: false, result: "repeated"),
        Row(from: .allowed, delivered: false, input: .expire, to: .allowed, isDelivered: false, result: "false"),
        Row(from: .pending, delivered: false, input: .deliver, to: .pending, isDelivered: false, result: "false"),
        Row(from: .allowed, delivered: false, input: .abandon, to: .allowed, isDelivered: false, result: "false"),
        Row(from: .allowed, delivered: false, input: .deliver, to: .allowed, isDelivered: true, result: "true"),
        Row(from: .allowed, delivered: true, input: .deliver, to: .allowed, isDelivered: true, result: "false"),
        Row(from: .allowed, delivered: true, input: .again, to: .allowed, isDelivered: true, result: "repeated"),
        Row(from: .allowed, delivered: true, input: .abandon, to: .allowed, isDelivered: true, result: "false"),
        Row(
            from: .denied, delivered: false, input: .allow, to: .denied, isDelivered: false, result: "approval_resolved"
        ),
        Row(from: .denied, delivered: false, input: .again, to: .denied, isDelivered: false, result: "repeated"),
        Row(from: .denied, delivered: false, input: .expire, to: .denied, isDelivered: false, result: "false"),
        Row(from: .denied, delivered: false, input: .abandon, to: .denied, isDelivered: false, result: "false"),
        Row(from: .denied, delivered: false, input: .deliver, to: .denied, isDelivered: true, result: "true"),
        Row(
            from: .expired, delivered: false, input: .allow, to: .expired, isDelivered: false,
            result: "approval_resolved"
        ),
        Row(from: .expired, delivered: false, input: .expire, to: .expired, isDelivered: false, result: "false"),
        Row(from: .expired, delivered: false, input: .abandon, to: .expired, isDelivered: false, result: "false"),
        Row(from: .expired, delivered: false, input: .deliver, to: .expired, isDelivered: true, result: "true"),
        Row(
            from: .abandoned, delivered: true, input: .allow, to: .abandoned, isDelivered: true,
            result: "approval_abandoned"),
        Row(from: .abandoned, delivered: true, input: .expire, to: .abandoned, isDelivered: true, result: "false"),
        Row(from: .abandoned, delivered: true, input: .abandon, to: .abandoned, isDelivered: true, result: "false"),
        Row(from: .abandoned, delivered: true, input: .deliver, to: .abandoned, isDelivered: true, result: "false"),
    ]

    @Test("Each input in each state has the expected effect", arguments: table)
    func transitions(_ row: Row) {
        var approval = Self.approval(row.from, delivered: row.delivered)
        let before = approval
        let result: String
        switch row.input {
        case .allow, .deny, .again:
            var decide = Sample.decide(approval, row.input == .deny ? .deny : .allow, by: "bob")
            if row.input == .again, let answer = approval.answer { decide.answer = answer }
            switch approval.decide(decide, now: Self.later) {
            case .counts: result = "counts"
            case .repeated: result = "repeated"
            case .refused(let fault): result = fault.code.rawValue
            }
        case .expire: result = "\(approval.expire(now: Self.later))"
        case .abandon: result = "\(approval.abandon(now: Self.later))"
        case .deliver: result = "\(approval.deliver())"
        }
        #expect(approval.state == row.to)
        #expect(approval.isDelivered == row.isDelivered)
        #expect(result == row.result)
        // The first answer is final.
        if row.from != .pending {
            #expect(approval.resolvedAt == Sample.now)
            #expect(approval.answer == before.answer && approval.resolvedBy == before.resolvedBy)
            #expect(approval.scope == before.scope && approval.message == before.message)
        } else if row.input != .deliver {
            #expect(approval.resolvedAt == Self.later)
        }
    }

    @Test("The answer for the executor matches the decision")
    func answer() {
        let allowed = Self.approval(.allowed).answer(epoch: 7)
        #expect(allowed?.decision == .allow && allowed?.scope == .conversation && allowed?.epoch == 7)
        let denied = Self.approval(.denied).answer(epoch: 7)
        #expect(denied?.decision == .deny && denied?.scope == .once && denied?.message == "no")
        #expect(Self.approval(.expired).answer(epoch: 7)?.decision == .deny)
        #expect(Self.approval(.pending).answer(epoch: 7) == nil)
    }

    @Test("A refusal names the first answer, its time and its decision")
    func refusal() {
        let text = Self.approval(.allowed).refusal.message
        #expect(text.contains("allowed by alice (laptop) at \(Sample.now)"))
        #expect(Self.approval(.expired).refusal.message.contains("denied at \(Sample.now)"))
        #expect(Self.approval(.abandoned).refusal.message.contains("withdrawn at \(Sample.now)"))
    }

    @Test("A book drops the oldest closed requests, and the input of all closed ones")
    func bookBounds() {
        var book = ApprovalBook()
        for number in 0...DispatcherLimits.closedApprovals {
            var approval = Sample.approval("r\(number)")
            book.put(approval)
            #expect(book.pending == 1 && book.open(approval.id) != nil)
            _ = approval.abandon(now: Sample.now)
            book.put(approval)
            // A repeated put changes nothing.
            book.put(approval)
        }
        #expect(book["r0"] == nil)
        #expect(book["r1"]?.state == .abandoned && book["r1"]?.input == .null)
        #expect(book.open.isEmpty && book.undelivered.isEmpty)
    }

    @Test(
        "A request over a bound is refused by name",
        arguments: [
            ("request", 0), ("request", 201), ("tool", 0), ("tool", 201), ("title", 501), ("rule", 501),
            ("input", 70_000),
            ("bytes", 100_000),
        ])
    func requestBounds(_ field: String, _ count: Int) {
        var request = Sample.asks(.generate())
        #expect(ApprovalBounds.complaint(request) == nil)
        let text = String(repeating: "x", count: count)
        switch field {
        case "request": request.request = text
        case "tool": request.tool = text
        case "title": request.title = text
        case "rule": request.rule = text
        case "input": request.input = ["command": .string(text)]
        // One character with any number of accents.
        default: request.title = "e" + String(repeating: "\u{301}", count: count)
        }
        #expect(ApprovalBounds.complaint(request) != nil)
    }

    @Test("A load reads the open requests and the newest closed ones")
    func load() async throws {
        let folder = try TemporaryDirectory()
        let store = try await SQLiteTaskStore(
            directory: folder.file("data"), holder: .generate(), isLocked: true, now: Sample.now)
        var record = Sample.record()
        record.state = .running
        record.attempt = 1
        var batch = CommitBatch(
            records: [record], creations: [record.id: .init(prompt: "p", key: nil, digest: "")])
        for number in 0..<DispatcherLimits.closedApprovals + 3 {
            var approval = Sample.approval("r\(number)", of: record.id)
            approval.isDelivered = number > 1
            approval.state = number > 0 ? .allowed : .pending
            batch.approvals.append(approval)
        }
        batch.approvals.append(Sample.approval())
        try await store.commit(batch)
        let loaded = try await store.file.read { [record] in try ApprovalTable.newest(of: [record.attemptID], $0) }
        #expect(loaded.count == DispatcherLimits.closedApprovals + 2)
        #expect(loaded.map(\.id) == loaded.map(\.id).sorted())
        #expect(loaded.allSatisfy { $0.isDelivered == ($0.input == .null) })
        let book = try await store.alive([record.partition]).first?.approvals[record.id]
        // The oldest closed one is not loaded; every open one is.
        let over = batch.approvals.filter { $0.isDelivered && $0.attempt.task == record.id }.map(\.id).sorted()
        #expect(loaded.filter(\.isDelivered).map(\.id) == Array(over[1...]))
        #expect(book?.open.count == 2)
        await store.close()
    }
}

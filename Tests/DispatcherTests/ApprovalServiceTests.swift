import Mesh
import Messages
import TestSupport
import Testing

@testable import Dispatcher

@Suite("Permission requests, from the executor to the person and back")
struct ApprovalServiceTests {
    @Test("A request is shown, answered and delivered")
    func delivery() async throws {
        try await Rig.run { rig in
            let scene = try await ApprovalScene(rig)
            let approval = try await scene.ask()
            #expect(approval.tool == "Bash" && approval.input == ["command": "npm test"])
            #expect(approval.expiresAt == approval.requestedAt.adding(seconds: 600))
            #expect(try await rig.gateway.view(scene.task).waitingFor == .approval)
            #expect(await rig.server.service?.openApprovals(scene.task) == 1)
            let asked = try #require(try await rig.gateway.log(scene.task).first { $0.kind == .permissionRequest })
            #expect(try Wire.decode(ApprovalView.self, from: asked.payload) == approval)
            #expect(asked.attempt == 0)

            let answer = AnswerID.generate()
            let resolved = try await scene.decide(approval, answer: answer, scope: .conversation)
            #expect(resolved.state == .allowed && resolved.scope == .conversation && resolved.resolvedBy == "alice")
            let reply = try await scene.answered()
            #expect(reply.decision == .allow && reply.scope == .conversation && reply.epoch == Sample.epoch)
            #expect(try await rig.gateway.view(scene.task).waitingFor == nil)
            // A repeated answer gets the same reply; another one is too late.
            #expect(try await scene.decide(approval, answer: answer, scope: .conversation) == resolved)
            let late = await ApprovalScene.fault { _ = try await scene.decide(approval, .deny, by: "bob") }
            #expect(late?.code == .approvalResolved && late?.message.contains("allowed by alice") == true)

            // The answer is repeated until the executor confirms it.
            await rig.pass(2)
            try await eventually("the answer again") { scene.executor.answers.count == 2 }
            try scene.close()
            try await scene.delivered(approval.id)
            await rig.pass(10)
            _ = try await rig.gateway.submit()
            #expect(scene.executor.answers.count == 2)
            let log = try await rig.gateway.log(scene.task)
            let states = log.filter { $0.kind == .state }.map(\.json)
            #expect(states.count { $0.contains("\"waiting_for\":\"approval\"") } == 1)
            #expect(states.last?.contains("waiting_for") == false)
            let last = try #require(log.first { $0.kind == .permissionResolved })
            #expect(try Wire.decode(ApprovalView.self, from: last.payload) == resolved)
            #expect(log.map(\.seq) == Array(1...UInt64(log.count)))
        }
    }

    @Test("An edited input is what the executor gets, and what the event shows")
    func editedInput() async throws {
        try await Rig.run { rig in
            let scene = try await ApprovalScene(rig)
            var request = Sample.asks(scene.task, after: 2)
            request.options = ApprovalOption.standard(hasRule: true)
            try scene.executor.send(request)
            try await eventually("the request to be recorded") { !scene.executor.recorded.isEmpty }
            let approval = try #require(try await scene.list([.pending]).first)
            #expect(approval.options == request.options)
            func decide(_ change: (inout ApprovalDecide) -> Void) async throws -> ApprovalView {
                var decide = ApprovalDecide(
                    owner: Sample.owner, task: scene.task, approval: approval.id, answer: .generate(), decision: nil,
                    scope: .once, by: "alice")
                change(&decide)
                return try await rig.gateway.ask(decide)
            }
            // An answer that the request does not offer leaves it pending.
            let unknown = await ApprovalScene.fault { _ = try await decide { $0.option = "allow_for_ever" } }
            #expect(unknown?.code == .invalidRequest)
            #expect(unknown?.message.contains("'allow_once' (Allow once)") == true)
            let answers = await ApprovalScene.fault { _ = try await decide { $0.answers = ["1": ["x"]] } }
            #expect(answers?.code == .invalidRequest)
            #expect(try await scene.list([.pending]).count == 1)
            let input: JSONValue = ["command": "npm test -- --silent"]
            let resolved = try await decide { $0.input = input }
            #expect(resolved.state == .allowed && resolved.scope == .once && resolved.updatedInput == input)
            #expect(resolved.input == approval.input)
            let reply = try await scene.answered()
            #expect(reply.decision == .allow && reply.input == input && reply.scope == .once)
            let log = try await rig.gateway.log(scene.task)
            let event = try #require(log.first { $0.kind == .permissionResolved })
            #expect(try Wire.decode(ApprovalView.self, from: event.payload) == resolved)
            // A stale one is refused with the answer that was first, whatever it names.
            let stale = await ApprovalScene.fault { _ = try await decide { $0.option = "allow_for_ever" } }
            #expect(stale?.code == .approvalResolved && stale?.message.contains("by alice") == true)
        }
    }

    @Test("Answers to an agent's questions reach the executor")
    func answersQuestions() async throws {
        try await Rig.run { rig in
            let scene = try await ApprovalScene(rig)
            var request = Sample.asks(scene.task, after: 2)
            request.options = ApprovalOption.standard(hasRule: false)
            request.questions = [AgentQuestion(id: "1", text: "Which?", options: [.init(id: "Red", label: "Red")])]
            try scene.executor.send(request)
            try await eventually("the request to be recorded") { !scene.executor.recorded.isEmpty }
            let approval = try #require(try await scene.list([.pending]).first)
            #expect(approval.questions == request.questions)
            let resolved: ApprovalView = try await rig.gateway.ask(
                ApprovalDecide(
                    owner: Sample.owner, task: scene.task, approval: approval.id, answer: .generate(), decision: nil,
                    scope: .once, answers: ["1": ["a grey"]], by: "alice"))
            #expect(resolved.answers == ["1": ["a grey"]] && resolved.state == .allowed)
            #expect(try await scene.answered().answers == ["1": ["a grey"]])
        }
    }

    @Test("A repeated request is one request")
    func repeatedRequest() async throws {
        try await Rig.run { rig in
            let scene = try await ApprovalScene(rig)
            for _ in 0..<5 { try scene.executor.send(Sample.asks(scene.task, after: 2)) }
            try await eventually("an answer to each") { scene.executor.recorded.count == 5 }
            #expect(try await scene.list().count == 1)
            let approval = try #require(try await scene.list().first)
            _ = try await scene.decide(approval, .deny, message: "not now")
            try scene.close()
            try await scene.delivered(approval.id)
            // A repeated request after the decision gets its answer.
            let before = scene.executor.answers.count
            try scene.executor.send(Sample.asks(scene.task, after: 2))
            try await eventually("the same answer") { scene.executor.answers.count == before + 1 }
            #expect(scene.executor.answers.last?.decision == .deny)
            #expect(scene.executor.answers.last?.message == "not now")
            #expect(try await scene.kinds().count { $0 == .permissionRequest } == 1)
        }
    }

    @Test("A request is shown behind the events before it")
    func order() async throws {
        try await Rig.run { rig in
            let scene = try await ApprovalScene(rig, events: 1)
            try scene.executor.send(Sample.asks(scene.task, "late", after: 3))
            try scene.executor.send(Sample.asks(scene.task, "late", after: 3))
            try scene.executor.append(scene.task, 2...2)
            try await scene.executor.acknowledged(scene.task, 2)
            #expect(try await scene.list().isEmpty && scene.executor.recorded.isEmpty)
            try scene.executor.append(scene.task, 3...5)
            try await eventually("the request") { scene.executor.recorded.count == 1 }
            let log = try await rig.gateway.log(scene.task)
            let place = try #require(log.firstIndex { $0.kind == .permissionRequest })
            #expect(log[place - 1].attemptSeq == 3)
            #expect(log[(place + 1)...].filter { $0.attempt == 1 }.map(\.attemptSeq) == [4, 5])
        }
    }

    @Test("Events that are missing before a request are requested")
    func missingEvents() async throws {
        try await Rig.run { rig in
            let scene = try await ApprovalScene(rig, events: 1)
            // Events 2 and 3 are lost and the agent waits: only the repeated request can reveal that.
            try scene.executor.send(Sample.asks(scene.task, after: 3))
            for _ in 0..<6 {
                await rig.pass(3)
                try scene.executor.send(Sample.asks(scene.task, after: 3))
                _ = try await rig.gateway.view(scene.task)
            }
            try await eventually("the resync") { scene.executor.resyncs.contains { $0.from == 2 } }
            try scene.executor.append(scene.task, 2...3)
            try await eventually("the request") { scene.executor.recorded.count == 1 }
        }
    }

    @Test("A new attempt sends its own requests")
    func newAttempt() async throws {
        try await Rig.run { rig in
            let scene = try await ApprovalScene(rig, choices: Choices(onDisconnect: .requeue, graceS: 5))
            let first = try await scene.ask()
            try scene.executor.send(Sample.asks(scene.task, "early", after: 9))
            try scene.executor.disconnect()
            try await eventually("the stall") { try await rig.gateway.view(scene.task).stalled != nil }
            await rig.pass(6)
            let queued = try await rig.gateway.wait(scene.task, for: .queued)
            #expect(queued.waitingFor == nil)
            #expect(try await scene.list().map(\.state) == [.abandoned])
            let back = scene.executor.again()
            try await back.connect()
            _ = try await back.assignment(scene.task)
            // The same name is another request in another attempt.
            try back.append(scene.task, attempt: 2, 1...2)
            try back.send(Sample.asks(scene.task, attempt: 2, after: 2))
            try await eventually("the second request") { back.recorded.contains { $0.attempt == 2 } }
            let second = try #require(try await scene.list([.pending]).first)
            #expect(second.id != first.id && second.attempt == 2)
            #expect(await ApprovalScene.fault { _ = try await scene.decide(first) }?.code == .approvalAbandoned)
            #expect(try await scene.decide(second).state == .allowed)
            try await eventually("the answer") { back.answers.first?.attempt == 2 }
            #expect(try await scene.list().count == 2)
        }
    }

    @Test("A request that is withdrawn before its events arrive is never shown")
    func withdrawnEarly() async throws {
        try await Rig.run { rig in
            let scene = try await ApprovalScene(rig)
            try scene.executor.send(Sample.asks(scene.task, after: 3))
            try scene.close()
            try scene.executor.append(scene.task, 3...3)
            try await scene.executor.acknowledged(scene.task, 3)
            #expect(try await scene.list().isEmpty)
        }
    }

    @Test("Open requests are bounded, and an invalid one is denied without harm")
    func bounds() async throws {
        try await Rig.run { rig in
            let scene = try await ApprovalScene(rig)
            var bad = Sample.asks(scene.task, "bad", after: 2)
            bad.tool = String(repeating: "x", count: 300)
            try scene.executor.send(bad)
            // Without a denial the agent would wait for ever.
            let denial = try await scene.answered("bad")
            #expect(denial.decision == .deny && denial.scope == .once)
            #expect(denial.message?.contains("the tool's name has 1 to 200 characters") == true)
            try scene.close("bad")
            #expect(try await scene.list().isEmpty)
            for number in 0..<Limits.openApprovals + 10 {
                // Half of them wait for an event.
                try scene.executor.send(Sample.asks(scene.task, "r\(number)", after: number.isMultiple(of: 2) ? 2 : 3))
            }
            try scene.executor.append(scene.task, 3...3)
            try await eventually("the requests") { scene.executor.recorded.count == Limits.openApprovals }
            let total = try await rig.gateway.ask(ApprovalList(owner: Sample.owner, limit: 1)).total
            #expect(total == Limits.openApprovals)
            // When one is closed there is room for another.
            try scene.close("r0")
            try scene.executor.send(Sample.asks(scene.task, "one more", after: 3))
            try await eventually("one more") { scene.executor.recorded.contains { $0.request == "one more" } }
        }
    }

    @Test("A request without an answer is denied when its time is over")
    func expiry() async throws {
        try await Rig.run { rig in
            let scene = try await ApprovalScene(rig)
            let approval = try await scene.ask()
            await rig.pass(599)
            #expect(try await scene.list([.pending]).count == 1)
            await rig.pass(1.5)
            let answer = try await scene.answered()
            #expect(answer.decision == .deny && answer.scope == .once)
            let expired = try #require(try await scene.list([.expired]).first)
            #expect(expired.resolvedBy == nil && expired.resolvedAt != nil)
            let late = await ApprovalScene.fault { _ = try await scene.decide(approval) }
            #expect(late?.code == .approvalResolved && late?.message.contains("no answer came") == true)
            #expect(try await rig.gateway.view(scene.task).waitingFor == nil)
        }
    }

    @Test("Of ten simultaneous answers one counts, and the others are refused with it")
    func tenDeciders() async throws {
        try await Rig.run { rig in
            let scene = try await ApprovalScene(rig)
            let approval = try await scene.ask()
            let results = await withTaskGroup(of: Result<ApprovalView, any Error>.self) { group in
                for number in 0..<10 {
                    group.addTask {
                        do {
                            return .success(
                                try await scene.decide(
                                    approval, number.isMultiple(of: 2) ? .allow : .deny, by: "user \(number)"))
                        } catch { return .failure(error) }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            let winners = results.compactMap { try? $0.get() }
            let winner = try #require(winners.first)
            #expect(winners.count == 1)
            let faults = results.compactMap { result -> Fault? in
                if case .failure(let error) = result { error as? Fault } else { nil }
            }
            #expect(faults.count == 9)
            let by = try #require(winner.resolvedBy)
            #expect(
                faults.allSatisfy { $0.code == .approvalResolved && $0.message.contains("\(winner.state) by \(by)") })
            #expect(try await scene.answered().decision == (winner.state == .allowed ? .allow : .deny))
            #expect(try await scene.kinds().count { $0 == .permissionResolved } == 1)
        }
    }

    enum End: CaseIterable { case completed, failed, cancelled, unlisted, graceEnded, takenBack }

    @Test("A request is abandoned when its attempt ends or its agent withdraws it", arguments: End.allCases)
    func abandoned(_ end: End) async throws {
        try await Rig.run { rig in
            let scene = try await ApprovalScene(rig)
            let approval = try await scene.ask()
            switch end {
            case .completed: try scene.executor.finish(scene.task, 3)
            case .failed: try scene.executor.finish(scene.task, 3, .failed)
            case .cancelled:
                _ = try await rig.gateway.ask(TaskCancel(owner: Sample.owner, task: scene.task))
                await rig.pass(11)
            case .unlisted: try scene.executor.report([])
            case .graceEnded:
                try scene.executor.disconnect()
                try await eventually("the stall") { try await rig.gateway.view(scene.task).stalled != nil }
                await rig.pass(31)
            case .takenBack: try scene.close()
            }
            try await eventually("the end of the request") { try await scene.list([.abandoned]).count == 1 }
            let late = await ApprovalScene.fault { _ = try await scene.decide(approval) }
            #expect(late?.code == .approvalAbandoned)
            let view = try await rig.gateway.view(scene.task)
            #expect(view.waitingFor == nil && view.state.isTerminal == (end != .takenBack))
            let log = try await rig.gateway.log(scene.task)
            #expect(log.count { $0.kind == .permissionResolved } == 1)
            #expect(log.last?.kind == .state && log.last?.flags.contains(.terminal) == (end != .takenBack))
            #expect(scene.executor.answers.isEmpty)
        }
    }

    @Test("Unknown requests and invalid answers are refused")
    func refusals() async throws {
        try await Rig.run { rig in
            let scene = try await ApprovalScene(rig)
            let approval = try await scene.ask()
            func code(_ body: () async throws -> Void) async -> ErrorCode? { await ApprovalScene.fault(body)?.code }
            var other = approval
            other.id = .generate()
            #expect(await code { _ = try await scene.decide(other) } == .approvalNotFound)
            other = approval
            other.task = .generate()
            #expect(await code { _ = try await scene.decide(other) } == .approvalNotFound)
            #expect(await code { _ = try await scene.decide(approval, owner: .generate()) } == .approvalNotFound)
            let maybe = ApprovalDecision(rawValue: "maybe")
            #expect(await code { _ = try await scene.decide(approval, maybe) } == .invalidRequest)
            let long = String(repeating: "x", count: 2001)
            #expect(await code { _ = try await scene.decide(approval, .deny, message: long) } == .invalidRequest)
            #expect(try await rig.gateway.ask(ApprovalList(owner: .generate(), limit: 10)).total == 0)
            #expect(try await scene.list([.pending]).count == 1)
            // A message of an executor without the attempt is ignored.
            let stranger = ScriptedExecutor(gateway: rig.gateway, device: "other")
            try await stranger.connect()
            try stranger.send(Sample.asks(scene.task, "theirs", after: 0))
            try stranger.send(ApprovalClosed(task: scene.task, attempt: 1, request: "r1"))
            try await eventually("the stop") { !stranger.stops.isEmpty }
            try scene.executor.send(Sample.asks(scene.task, attempt: 7, "r7"))
            try await eventually("the stop") { scene.executor.stops.contains { $0.attempt == 7 } }
            #expect(try await scene.list().map(\.id) == [approval.id])
        }
    }

    @Test("Lists are paged, newest first")
    func pages() async throws {
        try await Rig.run { rig in
            let scene = try await ApprovalScene(rig)
            for number in 0..<5 { _ = try await scene.ask("r\(number)") }
            let all = try await scene.list()
            #expect(all.map(\.id) == all.map(\.id).sorted(by: >) && all.count == 5)
            let first = try await rig.gateway.ask(ApprovalList(owner: Sample.owner, limit: 2))
            #expect(first.approvals.map(\.id) == Array(all[..<2].map(\.id)) && first.total == 5)
            let rest = try await rig.gateway.ask(
                ApprovalList(owner: Sample.owner, limit: 10, before: first.next, task: scene.task))
            #expect(rest.approvals.map(\.id) == Array(all[2...].map(\.id)) && rest.next == nil)
            let none = ApprovalList(owner: Sample.owner, limit: 10, task: .generate())
            #expect(try await rig.gateway.ask(none).total == 0)
        }
    }
}

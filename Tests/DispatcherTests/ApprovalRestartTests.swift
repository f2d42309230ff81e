import Mesh
import Messages
import TestSupport
import Testing

@testable import Dispatcher

@Suite("Permission requests over reconnects, restarts and failed commits")
struct ApprovalRestartTests {
    @Test("An answer is sent again after a reconnect")
    func reconnect() async throws {
        try await Rig.run { rig in
            var scene = try await ApprovalScene(rig)
            let approval = try await scene.ask()
            try scene.executor.disconnect()
            try await eventually("the stall") { try await rig.gateway.view(scene.task).stalled != nil }
            #expect(try await scene.decide(approval).state == .allowed)
            await rig.pass(5)
            scene.executor = scene.executor.again()
            try await scene.executor.connect([
                AttemptReport(task: scene.task, attempt: 1, lastSeq: 2, ended: false)
            ])
            #expect(try await scene.answered().decision == .allow)
            // A second connection before the delivery: the answer is sent again.
            scene.executor = scene.executor.again()
            try await scene.executor.connect([
                AttemptReport(task: scene.task, attempt: 1, lastSeq: 2, ended: false)
            ])
            _ = try await scene.answered()
            try scene.close()
            try await scene.delivered(approval.id)
        }
    }

    @Test(
        "A restart of the dispatcher loses no request and no answer", arguments: ["pending", "resolved", "delivered"])
    func restart(_ point: String) async throws {
        let folder = try TemporaryDirectory()
        let passed = AnswerID.generate()
        let kept = try await Self.before(folder, point, passed)
        try await Rig.run(folder: folder, at: 100) { rig in
            let executor = kept.executor.moved(to: rig.gateway)
            try await executor.connect([AttemptReport(task: kept.approval.task, attempt: 1, lastSeq: 2, ended: false)])
            let view = try await rig.gateway.view(kept.approval.task)
            #expect(view.state == .running)
            switch point {
            case "pending":
                #expect(view.waitingFor == .approval)
                // The executor repeats it; it is the same request.
                try executor.send(Sample.asks(kept.approval.task, after: 2))
                try await eventually("the message that it is recorded") { executor.recorded.count == 1 }
                let list = try await rig.gateway.ask(ApprovalList(owner: Sample.owner, limit: 10))
                #expect(list.approvals == [kept.approval])
                // Its time to be answered goes on.
                await rig.pass(470)
                #expect(executor.answers.isEmpty)
                await rig.pass(60)
                try await eventually("the denial") { executor.answers.first?.decision == .deny }
            case "resolved":
                #expect(view.waitingFor == nil)
                try await eventually("the answer") { executor.answers.first?.decision == .allow }
                var decide = Sample.decide(Sample.approval())
                decide.task = kept.approval.task
                decide.approval = kept.approval.id
                decide.answer = passed
                #expect(try await rig.gateway.ask(decide).state == .allowed)
                try executor.send(ApprovalClosed(task: kept.approval.task, attempt: 1, request: "r1"))
            default:
                await rig.pass(5)
                _ = try await rig.gateway.submit()
                #expect(executor.answers.isEmpty)
                try executor.send(Sample.asks(kept.approval.task, after: 2))
                try await eventually("the same answer") { executor.answers.first?.decision == .allow }
            }
        }
    }

    /// Runs a dispatcher up to a point in a request.
    private static func before(_ folder: TemporaryDirectory, _ point: String, _ answer: AnswerID) async throws
        -> (executor: ScriptedExecutor, approval: ApprovalView)
    {
        let rig = try await Rig(folder: folder)
        do {
            let scene = try await ApprovalScene(rig)
            let approval = try await scene.ask()
            if point != "pending" { _ = try await scene.decide(approval, answer: answer) }
            if point == "delivered" {
                try scene.close()
                try await scene.delivered(approval.id)
            }
            await rig.stop()
            return (scene.executor, approval)
        } catch {
            await rig.stop()
            throw error
        }
    }

    @Test("A request or answer in a failed commit has not happened")
    func failedCommit() async throws {
        try await Rig.run { rig in
            let scene = try await ApprovalScene(rig)
            try await rig.meddle(
                """
                CREATE TRIGGER refuse BEFORE INSERT ON approvals
                BEGIN SELECT RAISE(ABORT, 'refused'); END;
                """)
            try scene.executor.send(Sample.asks(scene.task, after: 2))
            try await eventually("the load after the failure") { !scene.executor.resyncs.isEmpty }
            #expect(scene.executor.recorded.isEmpty)
            #expect(try await rig.gateway.view(scene.task).waitingFor == nil)
            #expect(try await !scene.kinds().contains(.permissionRequest))
            try await rig.meddle("DROP TRIGGER refuse")
            // The executor repeats an unanswered request.
            let approval = try await eventually("the request", within: .seconds(20)) {
                try scene.executor.send(Sample.asks(scene.task, after: 2))
                try await Task.sleep(for: .milliseconds(100))
                return try await scene.list().first
            }
            try await rig.meddle(
                """
                CREATE TRIGGER refuse BEFORE UPDATE ON approvals
                BEGIN SELECT RAISE(ABORT, 'refused'); END;
                """)
            let lost = await ApprovalScene.fault { _ = try await scene.decide(approval) }
            #expect(lost?.code == .storageFailed)
            #expect(scene.executor.answers.isEmpty)
            #expect(try await scene.list([.pending]).count == 1)
            try await rig.meddle("DROP TRIGGER refuse")
            let resolved = try await eventually("the recovery", within: .seconds(20)) {
                try? await scene.decide(approval, .deny)
            }
            #expect(resolved.state == .denied)
            #expect(try await scene.answered().decision == .deny)
            let log = try await rig.gateway.log(scene.task)
            #expect(log.map(\.seq) == Array(1...UInt64(log.count)))
            #expect(log.count { $0.kind == .permissionRequest } == 1)
            #expect(log.count { $0.kind == .permissionResolved } == 1)
        }
    }
}

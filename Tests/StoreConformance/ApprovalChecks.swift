// A release build has no @testable import.
#if DEBUG
    import Messages

    @testable import Dispatcher

    extension TaskStoreConformance {
        static let approvalChecks: [Check] = [
            Check("A permission request comes back as it was written, new and resolved") { storage in
                let store = try await storage.open()
                var fixture = Fixture()
                let record = fixture.ended()
                var approval = fixture.approval(of: record, "r1", input: ["text": "a\0b", "n": [.number(1.5), .null]])
                approval.isInputCut = true
                approval.options = ApprovalOption.standard(hasRule: true)
                approval.questions = [
                    AgentQuestion(
                        id: "1", text: "Which?", header: "H", options: [.init(id: "Red", label: "Red")],
                        multiple: true)
                ]
                var batch = CommitBatch(creating: [record])
                batch.approvals = [approval]
                try await store.commit(batch)
                try expectEqual(try await store.approval(approval.id, owner: record.owner), approval, "a new one")
                approval.state = .allowed
                approval.scope = .conversation
                approval.message = "go"
                approval.option = "allow_once"
                approval.updatedInput = ["text": "b", "n": [.null]]
                approval.answers = ["1": ["Red", "ä"]]
                approval.resolvedAt = Fixture.now
                approval.resolvedBy = "anna"
                approval.answer = fixture.id()
                approval.isDelivered = true
                try await store.commit(CommitBatch(approvals: [approval]))
                try expectEqual(try await store.approval(approval.id, owner: record.owner), approval, "a resolved one")
                try expect(
                    try await store.approval(approval.id, owner: fixture.stranger()) == nil, "a stranger sees it")
            },
            Check(
                "Pages of permission requests: newest first, by state and task, and no more input than a message holds"
            ) {
                storage in
                let store = try await storage.open()
                var fixture = Fixture()
                let (first, second) = (fixture.ended(), fixture.ended())
                var approvals = (0..<20).map { number in
                    fixture.approval(
                        of: first, "r\(number)", input: ["text": .string(String(repeating: "x", count: 64_000))])
                }
                var denied = fixture.approval(of: second, "other")
                denied.state = .denied
                approvals.append(denied)
                var batch = CommitBatch(creating: [first, second])
                batch.approvals = approvals
                try await store.commit(batch)
                var seen: [ApprovalID] = []
                var before: ApprovalID?
                repeat {
                    let page = try await store.approvals(
                        ApprovalList(owner: fixture.owner, limit: 50, before: before))
                    let bytes = page.approvals.map(\.input.bytes.count).reduce(0, +)
                    try expect(page.total == 21 && bytes <= DispatcherLimits.listedInput, "\(bytes) bytes in a page")
                    seen += page.approvals.map(\.id)
                    before = page.next
                } while before != nil
                try expectEqual(seen, approvals.map(\.id).reversed(), "all pages")
                let some = try await store.approvals(
                    ApprovalList(owner: fixture.owner, limit: 9, states: [.denied, .expired]))
                try expectEqual(some.approvals.map(\.id), [denied.id], "by state")
                let one = try await store.approvals(ApprovalList(owner: fixture.owner, limit: 1, task: first.id))
                try expect(one.total == 20 && one.next == approvals[19].id, "by task")
            },
            Check("A start loads the open requests of the newest attempt, and the newest closed ones without input") {
                storage in
                let store = try await storage.open()
                var fixture = Fixture()
                var record = fixture.record()
                record.state = .running
                record.attempt = 1
                let old = fixture.approval(of: record, "old")
                record.attempt = 2
                var approvals = [old, fixture.approval(of: record, "open")]
                for number in 0...DispatcherLimits.closedApprovals {
                    var closed = fixture.approval(of: record, "r\(number)")
                    closed.state = .denied
                    closed.isDelivered = true
                    (closed.options, closed.answers, closed.updatedInput) = ([.deny], ["1": ["x"]], ["a": "b"])
                    approvals.append(closed)
                }
                var batch = CommitBatch(creating: [record])
                batch.approvals = approvals
                try await store.commit(batch)
                let book = try await store.alive([record.partition])[0].approvals[record.id]
                try expectEqual(book?["open"], approvals[1], "the open one")
                try expectEqual(book?["old"], nil, "one of an earlier attempt")
                try expectEqual(book?["r0"], nil, "the oldest closed one")
                let newest = "r\(DispatcherLimits.closedApprovals)"
                try expectEqual(book?[newest]?.id, approvals.last?.id, "the newest closed one")
                try expectEqual(book?[newest]?.input, JSONValue.null, "its input")
                try expectEqual(book?[newest]?.updatedInput, JSONValue.null, "the input that was allowed")
                try expectEqual(book?[newest]?.answer(epoch: 1)?.decision, .deny, "an answer whose input is gone")
            },
            Check("A request takes the place of one of the same attempt and name") { storage in
                let store = try await storage.open()
                var fixture = Fixture()
                let record = fixture.ended()
                let (first, second) = (fixture.approval(of: record, "r"), fixture.approval(of: record, "r"))
                var batch = CommitBatch(creating: [record])
                batch.approvals = [first]
                try await store.commit(batch)
                try await store.commit(CommitBatch(approvals: [second]))
                let page = try await store.approvals(ApprovalList(owner: fixture.owner, limit: 9))
                try expectEqual(page.approvals.map(\.id), [second.id], "the requests")
            },
        ]
    }
#endif

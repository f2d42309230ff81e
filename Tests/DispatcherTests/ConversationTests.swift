import Messages
import Synchronization
import TestSupport
import Testing

@testable import Dispatcher

@Suite("Conversations")
struct ConversationTests {
    private static func list(
        _ rig: Rig, _ query: String? = nil, limit: Int = 50, before: String? = nil, owner: UserID = Sample.owner
    ) async throws -> ConversationListing {
        try await rig.gateway.ask(ConversationList(owner: owner, limit: limit, before: before, query: query))
    }

    @Test("The conversation with the newest task comes first")
    func order() async throws {
        try await Rig.run { rig in
            var ids: [ConversationID] = []
            for number in 0..<5 {
                await rig.pass(1)
                ids.append(try await rig.gateway.submit("prompt \(number)", target: .cloud).conversation)
            }
            await rig.pass(1)
            let follow = try await rig.gateway.submit("more", conversation: ids[1])
            let order = [ids[1], ids[4], ids[3], ids[2], ids[0]]
            let all = try await Self.list(rig)
            #expect(all.conversations.map(\.id) == order && all.total == 5 && all.next == nil)
            let first = try #require(all.conversations.first)
            #expect(first.title == "prompt 1" && first.tasks == 2 && first.lastTask == follow.id)
            #expect(first.state == .queued && first.device == "box" && first.deviceName == "Linux - box")
            #expect(first.updatedAt == follow.createdAt && first.createdAt < first.updatedAt)
            #expect(try await rig.gateway.ask(ConversationGet(owner: Sample.owner, conversation: ids[1])) == first)
            // Page by page, while a conversation moves to the front.
            var seen: [ConversationID] = []
            var page = try await Self.list(rig, limit: 2)
            seen += page.conversations.map(\.id)
            await rig.pass(1)
            _ = try await rig.gateway.submit("even more", conversation: ids[4])
            while let next = page.next {
                page = try await Self.list(rig, limit: 2, before: next)
                seen += page.conversations.map(\.id)
            }
            #expect(seen == order && page.total == 5)
            #expect(await code { _ = try await Self.list(rig, before: "yesterday") } == .invalidRequest)
        }
    }

    @Test("Conversations of the same millisecond are paged without a gap")
    func sameMoment() async throws {
        try await Rig.run { rig in
            for _ in 0..<7 { _ = try await rig.gateway.submit(target: .cloud) }
            var seen: [ConversationID] = []
            var before: String?
            repeat {
                let page = try await Self.list(rig, limit: 3, before: before)
                seen += page.conversations.map(\.id)
                before = page.next
            } while before != nil
            #expect(seen.count == 7 && Set(seen).count == 7 && seen == seen.sorted(by: >))
        }
    }

    @Test("A search matches titles and every prompt")
    func search() async throws {
        try await Rig.run { rig in
            let long = String(repeating: "words ", count: 670)
            let longer = String(repeating: "words ", count: 683)
            let one = try await rig.gateway.submit("\(long) Needle in a Haystack", target: .cloud).conversation
            _ = try await rig.gateway.submit("\(longer) Needle that lies too deep", target: .cloud)
            let two = try await rig.gateway.submit("100% of a_b \\ c", target: .cloud).conversation
            _ = try await rig.gateway.submit("a second NEEDLE", target: .cloud, conversation: two)
            let three = try await rig.gateway.submit("1000 of aXb", target: .cloud).conversation
            _ = try await rig.gateway.ask(
                ConversationRename(owner: Sample.owner, conversation: three, title: "My Garden"))
            func found(_ query: String) async throws -> Set<ConversationID> {
                let listing = try await Self.list(rig, query)
                #expect(listing.total == listing.conversations.count)
                return Set(listing.conversations.map(\.id))
            }
            #expect(try await found("needle") == [one, two])
            #expect(try await found("HAYSTACK") == [one])
            #expect(try await found("garden") == [three])
            #expect(try await found("1000 of") == [three])
            #expect(try await found("100%") == [two])
            #expect(try await found("a_b") == [two])
            #expect(try await found("\\") == [two])
            #expect(try await found("nothing of it").isEmpty)
            #expect(try await Self.list(rig, "needle", limit: 1).next != nil)
            #expect(try await Self.list(rig, "needle", owner: .generate()).total == 0)
            #expect(await code { _ = try await Self.list(rig, "") } == .invalidRequest)
            let wide = String(repeating: "x", count: 201)
            #expect(await code { _ = try await Self.list(rig, wide) } == .invalidRequest)
        }
    }

    @Test("A search is bounded in rows and in time")
    func searchBounds() async throws {
        let folder = try TemporaryDirectory()
        let store = try await SQLiteTaskStore(
            directory: folder.file("data"), holder: .generate(), isLocked: true, now: Sample.now)
        var batch = CommitBatch()
        for number in 1...3 {
            let record = Sample.record(ordinal: Int64(number))
            batch.records.append(record)
            batch.creations[record.id] = CommitBatch.Creation(prompt: "a needle", key: nil, digest: "")
        }
        try await store.commit(batch)
        let (first, newest) = (batch.records[0].conversation, batch.records.map(\.id).max())
        _ = try await store.rename(ConversationRename(owner: Sample.owner, conversation: first, title: "My Needle"))
        func found(rows: Int, time: Duration) async throws -> Set<ConversationID> {
            try await store.file.read { db in
                var search = ConversationSearch("NEEDLE", owner: Sample.owner)
                search.rows = rows
                search.time = time
                return Set(try search.run(db).map(\.id))
            }
        }
        #expect(try await found(rows: 10, time: .seconds(60)) == Set(batch.records.map(\.conversation)))
        // Without time no prompt is searched.
        #expect(try await found(rows: 10, time: .zero) == [first])
        #expect(try await found(rows: 1, time: .seconds(60)).count <= 1)
        #expect(newest != nil)
        await store.close()
    }

    @Test("One search runs at a time, and the waiting ones are bounded")
    func searchGate() async throws {
        try await Rig.run { rig in
            _ = try await rig.gateway.submit("needle", target: .cloud)
            let service = try #require(rig.server.service)
            #expect(service.searchGate.tryAcquire())
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<DispatcherLimits.waitingSearches {
                    group.addTask { [rig] in
                        let total = try await Self.list(rig, "needle").total
                        #expect(total == 1)
                    }
                }
                try await eventually("the waiting ones") {
                    service.searchGate.waiting == DispatcherLimits.waitingSearches
                }
                #expect(await code { _ = try await Self.list(rig, "needle") } == .unavailable)
                // A list without a query needs no permit.
                #expect(try await Self.list(rig).total == 1)
                service.searchGate.release()
                try await group.waitForAll()
            }
            #expect(service.searchGate.tryAcquire(), "every search gave its permit back")
        }
    }

    @Test("A title is set and cleared")
    func title() async throws {
        try await Rig.run { rig in
            let id = try await rig.gateway.submit("the first words", target: .cloud).conversation
            func rename(_ title: String?, owner: UserID = Sample.owner, _ id: ConversationID) async throws -> String {
                try await rig.gateway.ask(ConversationRename(owner: owner, conversation: id, title: title)).title
            }
            #expect(try await rename("Garden", id) == "Garden")
            #expect(try await rename(nil, id) == "the first words")
            for bad in ["", " \n", String(repeating: "x", count: 201)] {
                #expect(await code { _ = try await rename(bad, id) } == .invalidRequest)
            }
            #expect(await code { _ = try await rename("x", .generate()) } == .conversationNotFound)
            #expect(await code { _ = try await rename("x", owner: .generate(), id) } == .conversationNotFound)
        }
    }

    @Test("A deleted conversation is gone with all that belongs to it")
    func deletion() async throws {
        let folder = try TemporaryDirectory()
        try await Rig.run(folder: folder) { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            try await executor.connect()
            let kept = try await rig.turn("kept", ["yes"], on: executor)
            let first = try await rig.turn("gone", ["one", "two"], on: executor)
            let id = first.conversation
            let second = try await rig.gateway.submit("asks", conversation: id, key: "k", digest: "d")
            _ = try await executor.assignment(second.id)
            try executor.send(Sample.asks(second.id))
            try await eventually("the request") { !executor.recorded.isEmpty }
            func delete(_ owner: UserID = Sample.owner) async throws {
                _ = try await rig.gateway.ask(ConversationDelete(owner: owner, conversation: id))
            }
            let conflict = await fault { try await delete() }
            #expect(conflict?.code == .conflict && conflict?.message.contains("\(second.id)") == true)
            #expect(await code { try await delete(.generate()) } == .conversationNotFound)
            try executor.finish(second.id, 1)
            _ = try await rig.gateway.wait(second.id, for: .completed)

            // A viewer without credit follows it: its next page is gone.
            let peer = try await rig.gateway.link.connected()
            let ended = Mutex<Fault?>(nil)
            let subscription = peer.subscribe(
                EventsSubscribe(owner: Sample.owner, task: first.id, after: 0), credit: 0, onItem: { _ in },
                onEnd: { fault in ended.withLock { $0 = fault } })
            try await eventually("the viewer") { await rig.server.service?.viewers.isWatched(first.id) == true }
            try await delete()
            try await eventually("the end of the stream") { ended.withLock { $0?.code } == .taskNotFound }
            subscription.cancel()

            #expect(await code { try await delete() } == .conversationNotFound)
            for task in [first.id, second.id] {
                #expect(await code { _ = try await rig.gateway.view(task) } == .taskNotFound)
                #expect(await code { _ = try await rig.gateway.log(task) } == .taskNotFound)
            }
            #expect(try await rig.gateway.ask(ApprovalList(owner: Sample.owner, limit: 10)).total == 0)
            #expect(try await Self.list(rig).conversations.map(\.id) == [kept.conversation])
            #expect(try await Self.list(rig, "gone").total == 0)
            try await eventually("the events to be gone") {
                try await rig.column("SELECT count(*) FROM deletions") == 0
            }
            for table in ["tasks", "prompts", "attempts"] {
                #expect(try await rig.column("SELECT count(*) FROM \(table)") == 1, "\(table)")
            }
            #expect(try await rig.column("SELECT count(DISTINCT task_id) FROM events") == 1)
            #expect(try await rig.gateway.log(kept.id).count == Int(kept.lastSeq))
            // Its idempotency key and its id are free again.
            await rig.pass(30)
            let anew = try await rig.gateway.submit("anew", conversation: id, key: "k", digest: "other")
            #expect(anew.id != second.id && anew.conversation == id)
            #expect(try await executor.assignment(anew.id).follows == nil)
        }
    }

    @Test("A deletion goes on after a restart, apart from new tasks")
    func deletionRestart() async throws {
        let folder = try TemporaryDirectory()
        try await Rig.run(folder: folder) { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            try await executor.connect()
            let task = try await rig.turn("gone", ["one"], on: executor)
            // As after a kill between the deletion and the sweep.
            try await rig.meddle(
                """
                INSERT INTO deletions (task_id, partition) SELECT id, partition FROM tasks;
                DELETE FROM tasks; DELETE FROM conversations;
                """)
            #expect(await code { _ = try await rig.gateway.view(task.id) } == .taskNotFound)
        }
        try await Rig.run(folder: folder, at: 60) { rig in
            let next = try await rig.gateway.submit("the next one", target: .cloud)
            #expect(try await rig.gateway.view(next.id).prompt == "the next one")
            await rig.pass(2)
            try await eventually("the sweep") { try await rig.column("SELECT count(*) FROM deletions") == 0 }
            #expect(try await rig.column("SELECT count(*) FROM prompts") == 1)
            #expect(try await rig.column("SELECT count(DISTINCT task_id) FROM events") == 1)
            #expect(try await rig.gateway.view(next.id).prompt == "the next one")
        }
    }
}

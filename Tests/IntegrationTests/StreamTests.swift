import TestClient
import TestCluster
import TestSupport
import Testing

extension Integration {
    @Suite("Event streams")
    struct StreamTests {
        @Test("A stream resumes with exactly the remaining events, and pages have the same")
        func resume() async throws {
            try await Cluster.with { cluster in
                let api = cluster.api
                let barrier = try TaskBarrier(in: cluster.directory)
                let task = try await api.submit("seq 1 40; \(barrier.command); seq 41 60", target: "executor")
                let id = try #require(task["id"].string)
                let live = api.watch(id)
                try await live.text("started")

                // The page of an unfinished task ends with the last event and has the next start.
                let half = live.events
                let page = try await api.page(id)
                #expect(page.items.starts(with: half))
                #expect(page.next.int == page.items.last?.seq)
                let none = try await api.page(id, after: page.next.int ?? 0)
                #expect(none.items.isEmpty && none.next.int == page.next.int)

                let late = api.watch(id, after: 2)
                barrier.release()
                let all = try await live.end()
                #expect(all.map(\.seq) == Array(1...all.count))
                #expect(try await late.end() == Array(all.dropFirst(2)))
                #expect(live.text.contains("60"))

                // After the end, a stream from any cursor has the remaining events.
                for after in [0, 1, all.count / 2, all.count - 1] {
                    #expect(try await api.watch(id, after: after).end() == Array(all.dropFirst(after)))
                }
                var paged: [TaskEvent] = []
                var next = JSON.number(0)
                while let after = next.int {
                    let page = try await api.page(id, after: after, limit: 3)
                    #expect(page.items.count <= 3 && !page.items.isEmpty)
                    paged += page.items
                    next = page.next
                    if page.items.isEmpty { break }
                }
                #expect(next == .null)
                #expect(paged == all)
                let states = all.compactMap(\.state)
                #expect(states.last == "completed" && states.contains("running"), "\(states)")
                #expect(all.allSatisfy { $0.time.hasSuffix("Z") && $0.time.count == 24 })
                #expect(try await api.task(id)["last_seq"].int == all.count)
            }
        }

        @Test("10,000 lines arrive complete and in order")
        func manyLines() async throws {
            try await Cluster.with { cluster in
                let ended = try await cluster.run("seq 1 10000", agent: "shell")
                #expect(ended.state == "completed")
                let expected = (1...10000).map { "\($0)\n" }.joined()
                #expect(ended.text == expected, "\(ended.text.count) of \(expected.count) characters")
            }
        }

        @Test("Characters are never split, and bytes that are not text arrive as base64")
        func characters() async throws {
            try await Cluster.with { cluster in
                let text = try await cluster.run(
                    #"i=0; while [ $i -lt 200 ]; do printf '\360\237\246\211\303\251'; i=$((i+1)); done"#,
                    agent: "shell")
                #expect(text.text == String(repeating: "🦉é", count: 200))
                let bytes = try await cluster.run(#"printf '\377\376\001'"#, agent: "shell")
                #expect(bytes.state == "completed")
                #expect(bytes.events.contains { "\($0.data)".contains("base64") }, "\(bytes.events)")
            }
        }
    }
}

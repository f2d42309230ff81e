import Foundation
import Messages
import TestSupport
import Testing

@testable import Executor

@Suite("Output of any kind and amount", .serialized)
struct OutputTests {
    /// For 20 MB through a debug build's link, of which each byte is masked by itself, beside other tests.
    private static let largeLimit = Duration.seconds(240)

    /// Returns the text of a task's events in order; checks that their numbers have no gap.
    private func text(_ task: TaskID, _ device: DeviceUnderTest, upTo last: UInt64) throws -> String {
        let events = try device.events(task, on: device.connection)
        #expect(events.map(\.attemptSeq) == Array(1..<last))
        return try events.map { event -> String in
            try JSONDecoder().decode(JSONValue.self, from: Data(event.payload))["content"]?["text"]?.string ?? ""
        }.joined()
    }

    @Test("10,000 lines a second for seconds arrive whole, and another task is not delayed")
    func keepsUpWithOutput() async throws {
        let device = try await DeviceUnderTest.start()
        device.ackEverything(on: device.connection)
        let go = device.folder.file("go")
        let loud = try device.assign(
            """
            t=0; while [ $t -lt 30 ] || [ ! -e \(go) ]; do
                seq $((t*1000+1)) $((t*1000+1000)); t=$((t+1)); sleep 0.1
            done; echo $t
            """)
        try await eventually("the first output") { try !device.events(loud, on: device.connection).isEmpty }
        let quiet = try device.assign("echo quiet")
        #expect(try await device.verdict(quiet).state == .completed)
        #expect(try device.connection.all(TaskFinished.self).allSatisfy { $0.task == quiet })
        try device.folder.write("", to: "go")
        let verdict = try await device.verdict(loud)
        let text = try text(loud, device, upTo: verdict.attemptSeq)
        let rounds = try #require(text.split(separator: "\n").last.flatMap { Int($0) })
        #expect(rounds >= 30)
        #expect(text == (1...rounds * 1000).map { "\($0)\n" }.joined() + "\(rounds)\n")
        await device.stop()
    }

    @Test("One line of 20 MB arrives whole")
    func streamsLongLine() async throws {
        let device = try await DeviceUnderTest.start()
        device.ackEverything(on: device.connection)
        let task = try device.assign("head -c 20000000 /dev/zero | tr '\\0' x")
        let verdict = try await device.verdict(task, within: Self.largeLimit)
        #expect(verdict.state == .completed)
        let text = try text(task, device, upTo: verdict.attemptSeq)
        #expect(text == String(repeating: "x", count: 20_000_000))
        await device.stop()
    }

    @Test("A full spool pauses only its own agent, and acknowledgements resume it")
    func pausesOnFullSpool() async throws {
        let device = try await DeviceUnderTest.start { $0.spoolBound = 1 << 20 }
        let connection = device.connection
        let done = device.folder.file("done")
        let loud = try device.assign("seq 1 1000000; touch \(done)")
        let file = device.spool + "/" + AttemptOutbox.fileName(AttemptID(task: loud, attempt: 1))
        func size() throws -> Int {
            try FileManager.default.attributesOfItem(atPath: file)[.size] as? Int ?? 0
        }
        try await eventually("the spool is full") { try size() >= 1 << 20 }
        // The other tasks go on while it waits.
        for _ in 0..<3 { #expect(try await device.verdict(device.assign("echo quiet")).state == .completed) }
        #expect(try size() < 2 << 20)
        #expect(!FileManager.default.fileExists(atPath: done))
        connection.ackEverything()
        let last = try #require(try device.events(loud, on: connection).last)
        try connection.send(EventsAck(acks: [AttemptAck(task: loud, attempt: 1, seq: last.attemptSeq)]))
        let verdict = try await device.verdict(loud)
        #expect(verdict.state == .completed)
        let text = try text(loud, device, upTo: verdict.attemptSeq)
        #expect(text == (1...1_000_000).map { "\($0)\n" }.joined())
        await device.stop()
    }

    @Test("A paused agent can be cancelled")
    func cancelsPausedAgent() async throws {
        let device = try await DeviceUnderTest.start { $0.spoolBound = 1 << 20 }
        let task = try device.assign("yes")
        let file = device.spool + "/" + AttemptOutbox.fileName(AttemptID(task: task, attempt: 1))
        try await eventually("the spool is full") {
            try FileManager.default.attributesOfItem(atPath: file)[.size] as? Int ?? 0 >= 1 << 20
        }
        try device.connection.send(TaskStop(task: task, attempt: 1, epoch: 1, graceS: 5, discard: false))
        #expect(try await device.verdict(task).state == .cancelled)
        await device.stop()
    }

    @Test("A line of 20 MB from Claude Code arrives whole")
    func streamsLongClaudeLine() async throws {
        let folder = try TemporaryDirectory()
        let claude = try folder.write(
            """
            #!/bin/sh
            [ "$1" = --version ] && echo 9.9.9 && exit
            read -r open; read -r turn
            printf '{"type":"assistant","message":{"id":"m","content":[{"type":"text","text":"'
            head -c 20000000 /dev/zero | tr '\\0' x
            printf '"}]}}\\n{"type":"result","subtype":"success","is_error":false}\\n'
            read -r end
            """, to: "claude", executable: true)
        let device = try await DeviceUnderTest.start(folder: folder) { $0.claude = claude }
        device.ackEverything(on: device.connection)
        let task = try device.assign("go", agent: "claude-code")
        let verdict = try await device.verdict(task, within: Self.largeLimit)
        #expect(verdict.state == .completed, "\(verdict)")
        let text = try text(task, device, upTo: verdict.attemptSeq)
        #expect(text == String(repeating: "x", count: 20_000_000))
        await device.stop()
    }
}

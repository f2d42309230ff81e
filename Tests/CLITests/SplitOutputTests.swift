import TestSupport
import Testing

@Suite("Standard error of a task's command", .timeLimit(.minutes(2)))
struct SplitOutputTests {
    @Test("With --split-output it goes to standard error, in `run` and in `logs`")
    func splits() async throws {
        let up = try await UpProcess()
        let command = "echo out; printf 'e\\377r' >&2; printf end"
        let run = try up.start(["run", "--agent", "shell", "--split-output", command])
        #expect(try await run.exit() == .exited(0), "\(run.stderr.text)")
        #expect(run.stdout.text == "out\nend\n", "\(run.stdout.text)")
        #expect(run.stderr.text.contains("e\u{fffd}r"))
        let list = try await up.run(["tasks", "--json"])
        let id = try #require(list.output.firstMatch(of: /"id":"([-0-9a-f]{36})"/)?.output.1)
        for options in [["logs"], ["logs", "-f"]] {
            let logs = try up.start(options + [String(id)])
            #expect(try await logs.exit() == .exited(0), "\(logs.stderr.text)")
            #expect(logs.stdout.text == "out\nend\n" && logs.stderr.text.contains("e\u{fffd}r"), "\(options)")
        }
    }

    @Test("Without --split-output, both are one output in the order of writing")
    func merges() async throws {
        let up = try await UpProcess()
        let run = try await up.run(["run", "--agent", "shell", "echo out; echo err >&2; echo end"])
        #expect(run.output == "out\nerr\nend\n" && !run.errors.contains("err\n"), "\(run)")
    }
}

import Foundation
import Messages
import TestSupport
import Testing

@testable import Executor

@Suite(
    "What a task's processes inherit",
    .enabled(if: FileManager.default.fileExists(atPath: "/proc/self/status"), "needs /proc"))
struct SurroundingsTests {
    /// Runs a command as a task of an executor that was started with `shell` before it.
    private func output(
        of command: String, flags: [String] = [], environment: [String: String] = [:], after shell: String
    ) async throws -> String {
        let executor = try await ExecutorProcess.start(
            ["--drain-s", "0"] + flags, environment: environment, after: shell)
        let file = executor.folder.file("output")
        let task = try executor.assign("{ \(command); } > \(file) 2>&1")
        #expect(try await executor.verdict(task).state == .completed)
        let text = try String(contentsOfFile: file, encoding: .utf8)
        try await executor.process.stop(within: .seconds(30))
        await executor.gateway.stop()
        return text.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// A line of a process's status, as a number.
    private func mask(_ name: String, in status: String) throws -> UInt64 {
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("\(name):") })
        return try #require(UInt64(line.split(whereSeparator: \.isWhitespace).last ?? "", radix: 16))
    }

    @Test("The soft limit of open files, the umask and the core limit are those the executor was started with")
    func keepsLimits() async throws {
        let text = try await output(
            of: "ulimit -Sn; umask; ulimit -Sc", after: "ulimit -Sn 300; umask 027; ulimit -Sc 0; ")
        #expect(text == "300\n0027\n0")
        let other = try await output(of: "ulimit -Sn; umask", after: "ulimit -Sn 777; umask 0; ")
        #expect(other == "777\n0000")
    }

    @Test("The executor's own limit is raised to the hard one")
    func raisesOwnLimit() async throws {
        let executor = try await ExecutorProcess.start(["--drain-s", "0"], after: "ulimit -Sn 300; ulimit -Hn 4000; ")
        let limits = try String(contentsOfFile: "/proc/\(executor.process.pid)/limits", encoding: .utf8)
        let line = try #require(limits.split(separator: "\n").first { $0.hasPrefix("Max open files") })
        #expect(line.split(whereSeparator: \.isWhitespace).dropFirst(3).prefix(2) == ["4000", "4000"])
        try await executor.process.stop(within: .seconds(30))
        await executor.gateway.stop()
    }

    @Test("No signal is ignored or blocked, the C library's own two included")
    func defaultsSignals() async throws {
        let status = try await output(of: "exec cat /proc/self/status", after: "")
        #expect(try mask("SigIgn", in: status) == 0)
        #expect(try mask("SigBlk", in: status) == 0)
    }

    @Test("A signal that the executor was started to ignore is ignored, and no other")
    func keepsIgnoredSignals() async throws {
        let status = try await output(of: "exec cat /proc/self/status", after: "trap '' HUP USR1; ")
        #expect(try mask("SigIgn", in: status) == 1 << UInt64(SIGHUP - 1) | 1 << UInt64(SIGUSR1 - 1))
        #expect(try mask("SigBlk", in: status) == 0)
    }

    @Test("Without HOME a task has the home of the password file", arguments: ["unset HOME; ", "export HOME=; "])
    func findsHome(_ shell: String) async throws {
        let home = try #require(getpwuid(getuid())).pointee.pw_dir
        let text = try await output(of: "echo $HOME", after: shell)
        #expect(text == String(cString: try #require(home)))
    }

    @Test("TERM and the locale are those the executor was started with")
    func keepsTerminalAndLocale() async throws {
        let text = try await output(
            of: "echo $TERM $LC_ALL $LANG", after: "export TERM=vt220 LC_ALL=de_DE.UTF-8 LANG=tr_TR; ")
        #expect(text == "vt220 de_DE.UTF-8 tr_TR")
        #expect(try await output(of: "echo ${TERM-none}", after: "unset TERM; ") == "none")
    }

    @Test("The file pass-env in the home adds variables, and its comments do not")
    func readsPassFile() async throws {
        let folder = try TemporaryDirectory()
        _ = try folder.folder("home")
        try folder.write("# ours\nMY_*  # all of them\n\nONE\n", to: "home/pass-env")
        let executor = try await ExecutorProcess.start(
            ["--drain-s", "0"], folder: folder,
            environment: ["MY_X": "1", "ONE": "1", "ONES": "no", "ours": "no", "WEGENT_X": "no"])
        let file = folder.file("variables")
        let task = try executor.assign("env > \(file)")
        #expect(try await executor.verdict(task).state == .completed)
        let names = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
            .compactMap { $0.split(separator: "=").first }
        #expect(names.contains("MY_X") && names.contains("ONE"))
        #expect(!names.contains("ONES") && !names.contains("ours") && !names.contains("WEGENT_X"))
        try await executor.process.stop(within: .seconds(30))
        await executor.gateway.stop()
    }

    @Test("Variables of providers reach a task, those that the owner adds too, and tokens of the product never")
    func passesVariables() async throws {
        let text = try await output(
            of: "env", flags: ["--pass-env", "MY_*", "--pass-env", "ONE"],
            environment: [
                "AWS_REGION": "r", "CLOUD_ML_REGION": "r", "AZURE_API_KEY": "k", "OPENAI_BASE_URL": "u",
                "MCP_TIMEOUT": "1", "API_TIMEOUT_MS": "2", "NODE_EXTRA_CA_CERTS": "f", "https_proxy": "p",
                "MY_SECRET": "s", "MYOTHER": "no", "ONE": "1", "ONES": "no", "TWO": "2", "WEGENT_PASS_ENV": "TWO",
                "WEGENT_OTHER_SECRET": "no", "FOREIGN": "no", "CLAUDECODE": "1",
            ], after: "")
        let names = Set(text.split(separator: "\n").compactMap { $0.split(separator: "=").first.map(String.init) })
        for name in [
            "AWS_REGION", "CLOUD_ML_REGION", "AZURE_API_KEY", "OPENAI_BASE_URL", "MCP_TIMEOUT", "API_TIMEOUT_MS",
            "NODE_EXTRA_CA_CERTS", "https_proxy", "MY_SECRET", "ONE", "TWO",
        ] { #expect(names.contains(name), "\(name)") }
        for name in ["MYOTHER", "ONES", "FOREIGN", "CLAUDECODE"] { #expect(!names.contains(name), "\(name)") }
        #expect(
            names.filter { $0.hasPrefix("WEGENT_") }.sorted()
                == ["WEGENT_BOOT", "WEGENT_CHILD", "WEGENT_TASK"])
    }

    @Test("Orphans of a task that the executor adopts leave no zombie", arguments: [100, 37])
    func reapsOrphans(_ count: Int) async throws {
        let executor = try await ExecutorProcess.start(["--drain-s", "0"])
        let file = executor.folder.file("pids")
        // Each child's parent ends at once; the child ends soon after, without a parent that collects it.
        let task = try executor.assign(
            "for i in $(seq \(count)); do (sh -c 'echo $$ >> \(file); sleep 0.1' &) ; done; "
                + "while [ $(wc -l < \(file)) -lt \(count) ]; do sleep 0.05; done; sleep 0.3")
        let pids = try await executor.pids("pids", count: count)
        #expect(try await executor.verdict(task).state == .completed)
        try await eventually("all are collected", within: .seconds(20)) {
            pids.allSatisfy { !FileManager.default.fileExists(atPath: "/proc/\($0)") }
        }
        let children = try String(
            contentsOfFile: "/proc/\(executor.process.pid)/task/\(executor.process.pid)/children", encoding: .utf8)
        #expect(children == "")
        try await executor.process.stop(within: .seconds(30))
        await executor.gateway.stop()
    }

    @Test("A daemon that left its task while another ran is collected when it ends")
    func reapsDaemon() async throws {
        let executor = try await ExecutorProcess.start(["--drain-s", "0"])
        let file = executor.folder.file("pids")
        let other = try executor.assign("sleep 600")
        let task = try executor.assign("(setsid sh -c 'echo $$ >> \(file); exec sleep 600' &); sleep 0.2")
        let pid = try await executor.pids("pids", count: 1)[0]
        #expect(try await executor.verdict(task).state == .completed)
        try await eventually("it is collected") { !FileManager.default.fileExists(atPath: "/proc/\(pid)") }
        try executor.stop(other)
        #expect(try await executor.verdict(other).state == .cancelled)
        try await executor.process.stop(within: .seconds(30))
        await executor.gateway.stop()
    }
}

import Foundation
import Messages
import TestSupport
import Testing

@testable import Executor

@Suite(
    "Processes that a task leaves behind",
    .enabled(if: FileManager.default.fileExists(atPath: "/proc/self/environ"), "needs /proc"))
struct ProcessSearchTests {
    private let folder: TemporaryDirectory
    private let sink = RecordingSink()
    private let children = LiveChildren()

    init() throws { folder = try TemporaryDirectory() }

    private func start(_ command: String, children: LiveChildren? = nil) async throws -> any AgentRun {
        let agent = ShellAgent(
            allowed: true, environment: ["PATH": "/usr/bin:/bin"], children: children ?? self.children,
            temporary: folder.path, linger: 0.1)
        return try await agent.start(makeTurn(command, in: folder.path), sink: sink)
    }

    private func pids(_ count: Int) async throws -> [Int32] {
        try await eventually("\(count) pids") {
            let text = try String(contentsOfFile: folder.file("pids"), encoding: .utf8)
            let pids = text.split(separator: "\n").compactMap { Int32($0) }
            return pids.count == count && text.hasSuffix("\n") ? pids : nil
        }
    }

    @Test("A stop ends processes that left the session, cleared their environment or lost their parents")
    func stopEndsStrays()
        async throws
    {
        let run = try await start(
            """
            setsid sh -c 'trap "" TERM; echo $$ >> pids; sleep 600' &
            env -i /bin/sh -c 'echo $$ >> pids; exec sleep 600' &
            setsid env -i /bin/sh -c 'echo $$ >> pids; exec sleep 600' &
            (setsid sh -c 'echo $$ >> pids; exec sleep 600' &) &
            echo $$ >> pids; sleep 600
            """)
        let pids = try await pids(5)
        await run.stop(grace: 0.5)
        #expect(try await deadline("the end") { await run.outcome() }.state == .cancelled)
        #expect(pids.filter(ProcessTable.isAlive) == [])
        #expect(children.count == 0)
    }

    @Test("A completed command's background children end with it")
    func endsBackgroundChildren() async throws {
        let run = try await start(
            """
            sleep 600 & echo $! >> pids
            setsid sh -c 'echo $$ >> pids; exec sleep 600' </dev/null >/dev/null 2>&1 &
            while [ $(wc -l < pids) -lt 2 ]; do sleep 0.01; done
            """)
        #expect(try await deadline("the end") { await run.outcome() }.state == .completed)
        let pids = try await pids(2)
        #expect(pids.filter(ProcessTable.isAlive) == [])
    }

    @Test("Another task's processes are left alone")
    func leavesOtherTasks() async throws {
        let other = try await start("setsid sh -c 'echo $$ >> pids; exec sleep 600' & wait")
        let pid = try await pids(1)[0]
        let run = try await start("setsid sleep 600 & sleep 600")
        await run.stop(grace: 0.2)
        #expect(try await deadline("the end") { await run.outcome() }.state == .cancelled)
        #expect(ProcessTable.isAlive(pid))
        await other.stop(grace: 0.2)
        _ = try await deadline("the end") { await other.outcome() }
        #expect(!ProcessTable.isAlive(pid))
    }

    @Test("Processes that keep starting others in new sessions are ended")
    func endsHoppingProcesses() async throws {
        // Each process runs for a moment and starts the next one, in a new session and without parents.
        try folder.write(
            "trap '' TERM\necho $$ > last\n[ -e stop ] && exit\nsleep 0.05\nsetsid sh hop </dev/null >/dev/null 2>&1 &\n",
            to: "hop")
        let run = try await start("sh hop; sleep 600")
        try await eventually("the first process") { FileManager.default.fileExists(atPath: folder.file("last")) }
        await run.stop(grace: 0.2)
        #expect(try await deadline("the end") { await run.outcome() }.state == .cancelled)
        // A process that escaped would write its id again.
        try FileManager.default.removeItem(atPath: folder.file("last"))
        try await Task.sleep(for: .milliseconds(400))
        #expect(!FileManager.default.fileExists(atPath: folder.file("last")))
        try folder.write("", to: "stop")
    }

    @Test("A reused process id is not signalled")
    func skipsReusedID() async throws {
        let bystander = try ChildProcess("/bin/sleep", ["600"])
        let start = try #require(SystemProcesses.entry(bystander.pid)?.key.start)
        let tree = ProcessTree(leader: .init(pid: bystander.pid, start: start - 1), marks: .none)
        #expect(await tree.end(grace: 0))
        #expect(bystander.ended == nil)
        let known = ProcessTree(leader: .init(pid: bystander.pid, start: start), marks: .none)
        #expect(await known.end(grace: 1))
        #expect(try await bystander.exit() == .signalled(SIGTERM))
    }

    @Test("The processes of a killed executor are ended by the next run of its home, before new tasks")
    func endsPreviousRun() async throws {
        let first = try await ExecutorProcess.start(acks: false)
        let file = first.folder.file("pids")
        let task = try first.assign(
            "echo $$ >> \(file); setsid sh -c 'trap \"\" TERM; echo $$ >> \(file); sleep 600' & sleep 600")
        let left = try await first.pids("pids", count: 2)
        first.process.signal(SIGKILL)
        try await first.process.exit()
        #expect(left.allSatisfy(ProcessTable.isAlive))
        let second = try await ExecutorProcess.start(["--drain-s", "0"], gateway: first.gateway, folder: first.folder)
        #expect(left.filter(ProcessTable.isAlive) == [])
        #expect(second.process.stderr.text.contains("\(task)/1"))
        #expect(try await second.verdict(task).error?.code == .executorRestarted)
        try await second.process.stop(within: .seconds(30))
        let boots = try String(contentsOfFile: first.folder.file("home/boots"), encoding: .utf8)
        #expect(boots.split(whereSeparator: \.isNewline).isEmpty, "\(boots)")
        await first.gateway.stop()
    }

    @Test("A child that is known to be gone is not searched for again")
    func remembersGoneChild() async throws {
        let attempt = AttemptID(task: .generate(), attempt: 1)
        let environment = ChildEnvironment.make(from: [:], attempt: attempt, boot: children.boot)
        let child = try await Child.start(
            Command(executable: "/bin/true", arguments: [], environment: environment, directory: "/"), input: false,
            in: children)
        _ = await child.wait()
        #expect(await child.end(grace: 0.1))
        let bystander = try ChildProcess("/bin/sleep", ["600"], environment: environment)
        #expect(await child.isGone(within: 0))
        #expect(await child.end(grace: 0))
        #expect(await child.endStrays(grace: 0))
        #expect(bystander.ended == nil && ProcessTable.isAlive(bystander.pid))
        bystander.signal(SIGKILL)
        #expect(try await bystander.exit() == .signalled(SIGKILL))
        child.closeStreams()
        #expect(!child.hasUnread)
    }

    @Test("The kernel's own threads are recognised and not waited for")
    func skipsKernelThreads() {
        #expect(SystemProcesses.entry(getpid())?.isKernels == false)
        if let second = SystemProcesses.entry(2), second.parent == 0 { #expect(second.isKernels) }
        var search = ProcessSearch(tree: ProcessTree(leader: nil, marks: .boots(["no boot"])), scope: .everything)
        var looks = 1
        while search.look(), looks < 100 { looks += 1 }
        #expect(looks < 40, "\(looks)")
    }

    @Test("A table has what a process has started that ended while the table was read")
    func followsSuccessors() async throws {
        let first = try ChildProcess("/bin/sleep", ["600"])
        var successors: [ChildProcess] = []
        // Each is started and ended only when the one before it was read: no listing before had it.
        let table = try #require(
            SystemProcesses.table { entry in
                guard entry.pid == successors.last?.pid ?? first.pid, successors.count < 5 else { return false }
                let next = try? ChildProcess("/bin/sleep", ["600"])
                kill(entry.pid, SIGKILL)
                successors.append(contentsOf: [next].compactMap(\.self))
                return true
            })
        let last = try #require(successors.last)
        #expect(successors.count == 5 && table.entries.contains { $0.pid == last.pid })
        last.signal(SIGKILL)
        #expect(try await last.exit() == .signalled(SIGKILL))
    }

    @Test("The polite signal is sent once, and a process's cleanup may finish")
    func signalsOnce() async throws {
        let run = try await start(
            """
            trap 'echo term >> signals; sleep 0.5; echo clean >> signals; exit' TERM
            echo $$ >> pids; while :; do sleep 0.02; done
            """)
        _ = try await pids(1)
        await run.stop(grace: 20)
        #expect(try await deadline("the end") { await run.outcome() }.state == .cancelled)
        let signals = try String(contentsOfFile: folder.file("signals"), encoding: .utf8)
        #expect(signals == "term\nclean\n")
    }

    @Test("A second executor on one home is refused with the id of the first")
    func refusesSecondExecutor() async throws {
        let first = try await ExecutorProcess.start(["--drain-s", "0"])
        let second = try ExecutorProcess.launch([], first.gateway, first.folder)
        #expect(try await second.exit() == .exited(1))
        #expect(second.stderr.text.contains("process \(first.process.pid)"))
        #expect(second.stderr.text.contains(first.folder.file("home")))
        try await first.process.stop(within: .seconds(30))
        await first.gateway.stop()
    }
}

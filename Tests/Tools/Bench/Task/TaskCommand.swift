import ArgumentParser
import Foundation
import TestClient
import TestSupport

/// `wegent-bench task`: one user, one machine, one task after the other, through `wegent up`.
struct TaskCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "task", abstract: "Measures a task from POST /tasks to the agent's process and to the viewer.",
        discussion: """
            Starts `wegent up` (the binary beside this one) in an empty folder and submits shell tasks with a command \
            that prints the time. Every figure is in milliseconds from just before the request is sent.

              wegent-bench task --count 200
            """)

    @Option(help: "Number of tasks to measure.")
    var count = 200

    @Option(help: "Number of tasks before them, to warm up.")
    var warmUp = 10

    func validate() throws {
        guard (1...100_000).contains(count), warmUp >= 0 else { throw ValidationError("--count must be 1 to 100000") }
    }

    func run() async throws {
        let (count, warmUp) = (count, warmUp)
        try await Interrupt.cancelling {
            try await deadline("tasks are measured", .seconds(120 + count)) { try await Self.measure(count, warmUp) }
        }
    }

    private static func measure(_ count: Int, _ warmUp: Int) async throws {
        let directory = try TemporaryDirectory()
        let up = try ChildProcess(
            Binaries.wegent, ["up", "--json", "--data", directory.file("data"), "--port", "0", "--allow-shell"],
            environment: ["HOME": directory.path])
        let line = try await up.stdout.line("wegent up is ready") { $0.hasPrefix("{") }
        let ready = try JSON(line.utf8)
        let api = API(ready["url"].string ?? "", token: ready["token"].string)
        for _ in 0..<warmUp { _ = try await TaskTimes.measure(api) }
        var times: [TaskTimes] = []
        for _ in 0..<count { times.append(try await TaskTimes.measure(api)) }
        await api.shutdown()
        try await up.stop()

        Report.line("\(count) tasks, one at a time, shell agent, `wegent up` as one process; milliseconds")
        Report.line(Quantiles.heading("from POST /tasks to"))
        Report.line(Quantiles(times.map(\.accepted)).row("202 accepted, on disk"))
        Report.line(Quantiles(times.map(\.process)).row("agent process' own first timestamp"))
        Report.line(Quantiles(times.map(\.event)).row("first output at the viewer"))
        Report.line(Quantiles(times.map(\.end)).row("terminal state at the viewer"))
    }
}

import ArgumentParser
import Foundation
import TestClient
import TestCluster

/// `wegent-bench tasks`: many tasks at once, and a queue on one slot.
struct TasksCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tasks", abstract: "Measures tasks per second, and how soon a free slot gets the next task.",
        discussion: """
            Runs four services as processes on this machine; the agent is `/bin/sh -c true`, one process per task. Each \
            client submits a task over HTTP, follows its stream to the end and submits the next. Then tasks are queued \
            for a device with one slot, and drained.

              wegent-bench tasks --count 2000 --clients 32 --queue 300
            """)

    @Option(help: "Number of tasks.")
    var count = 2000

    @Option(help: "Number of clients, each with one task at a time.")
    var clients = 32

    @Option(help: "Number of tasks in the queue of one slot.")
    var queue = 300

    func validate() throws {
        guard (1...1_000_000).contains(count), (1...500).contains(clients), (2...900).contains(queue) else {
            throw ValidationError("--count must be 1 to 1000000, --clients 1 to 500, --queue 2 to 900")
        }
    }

    func run() async throws {
        Bench.raiseFileLimit()
        let (count, clients, queue) = (count, clients, queue)
        try await Bench.cluster("tasks are measured", within: .seconds(240), slots: 64) { cluster in
            _ = try await TaskLoad.measure(cluster, count: clients * 2, clients: clients)
            let load = try await TaskLoad.measure(cluster, count: count, clients: clients)
            Report.line("\(count) tasks by \(clients) clients, from POST /tasks to the end at the viewer; agent `true`")
            Report.figure("tasks submitted, run and seen to end", load.rate, "a second", aim: "1,500")
            load.cost.report(per: Double(count), "ms/task")
            Report.line(Quantiles.heading("milliseconds from POST /tasks to"))
            Report.line(Quantiles(load.accepted).row("202, on disk"))
            Report.line(Quantiles(load.ended).row("terminal state at the viewer"))
        }
        Report.line("")
        try await Bench.cluster("a queue is measured", within: .seconds(240), slots: 1) { cluster in
            let drained = try await SlotQueue.measure(cluster, count: queue, clients: clients)
            Report.line("\(queue) tasks in the queue of one slot")
            Report.figure("tasks accepted into the queue, on disk", drained.rate, "a second")
            Report.line(Quantiles.heading("milliseconds"))
            Report.line(Quantiles(drained.gaps).row("a task's end to the next one's process"))
            Report.line(
                "the end is the terminal event's time (whole milliseconds, truncated), the start is the process's first timestamp"
            )
        }
    }
}

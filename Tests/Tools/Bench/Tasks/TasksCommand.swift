import ArgumentParser
import Foundation
import TestClient
import TestCluster

/// `wegent-bench tasks`: many tasks at once, and a queue on one slot.
struct TasksCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tasks", abstract: "Measures tasks a second, and how soon a free slot has the next task.",
        discussion: """
            Four services as four processes on this machine; the agent is `/bin/sh -c true`, a real process a task. Each \
            client hands in a task over HTTP, watches its stream to the end and hands in the next. Then tasks are queued \
            for a device with one slot, and drained.

              wegent-bench tasks --count 2000 --clients 32 --queue 300
            """)

    @Option(help: "How many tasks are run.")
    var count = 2000

    @Option(help: "How many clients hand in tasks at once, each one at a time.")
    var clients = 32

    @Option(help: "How many tasks are queued for one slot.")
    var queue = 300

    func validate() throws {
        guard (1...1_000_000).contains(count), (1...500).contains(clients), (2...900).contains(queue) else {
            throw ValidationError("--count is 1 to 1000000, --clients 1 to 500, --queue 2 to 900")
        }
    }

    func run() async throws {
        Bench.raiseFileLimit()
        let (count, clients, queue) = (count, clients, queue)
        try await Bench.cluster("tasks are measured", within: .seconds(240), slots: 64) { cluster in
            _ = try await TaskLoad.measure(cluster, count: clients * 2, clients: clients)
            let load = try await TaskLoad.measure(cluster, count: count, clients: clients)
            Report.say("\(count) tasks by \(clients) clients, from POST /tasks to the end at the viewer; agent `true`")
            Report.figure("tasks submitted, run and seen to end", load.rate, "a second", aim: "1,500")
            load.cost.tell(per: Double(count), "ms/task")
            Report.say(Quantiles.heading("milliseconds from POST /tasks to"))
            Report.say(Quantiles(load.accepted).row("202, on disk"))
            Report.say(Quantiles(load.ended).row("terminal state at the viewer"))
        }
        Report.say("")
        try await Bench.cluster("a queue is measured", within: .seconds(240), slots: 1) { cluster in
            let drained = try await SlotQueue.measure(cluster, count: queue, clients: clients)
            Report.say("\(queue) tasks in the queue of one slot")
            Report.figure("tasks accepted into the queue, on disk", drained.rate, "a second")
            Report.say(Quantiles.heading("milliseconds"))
            Report.say(Quantiles(drained.gaps).row("a task's end to the next one's process"))
            Report.say(
                "the end is the terminal event's time (whole milliseconds, cut off), the process' its own first clock")
        }
    }
}

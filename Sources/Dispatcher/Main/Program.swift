import ArgumentParser
import Dispatcher
import Launch
import Logging
import Mesh

@main
struct Program: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wegent-dispatcher",
        abstract: "Routes tasks to devices, queues them and keeps their event log.",
        discussion: """
            EXAMPLES
              wegent-dispatcher --registry tcp://127.0.0.1:7401 --data /var/lib/wegent/dispatcher
              wegent-dispatcher --registry tcp://10.0.0.2:7401 --bind tcp://10.0.0.3:7402 --data /srv/d --grace-s 120

            A variable can replace each flag: WEGENT_REGISTRY, WEGENT_BIND, WEGENT_DATA, WEGENT_GRACE_S, …
            When it leads it prints {"endpoint":"tcp://…"} to standard output. While another dispatcher leads on the same
            data it prints {"standby":"DIRECTORY"} and waits: it leads within 5 s when the other one ends, and --takeover-s
            after the other one has frozen.
            """)

    @Option(help: "The endpoint of the registry. Default: tcp://127.0.0.1:7401")
    var registry: String?
    @Option(help: "Where to listen: tcp://HOST:PORT (0 = a free port) or ipc://PATH. Default: tcp://127.0.0.1:7402")
    var bind: String?
    @Option(help: "The endpoint that gateways dial, when it is another than --bind's.")
    var advertise: String?
    @Option(help: "The directory of dispatcher.db. Default: ./data")
    var data: String?
    @Option(help: "Seconds that a device may be away before its tasks fail. Default: 30")
    var graceS: Double?
    @Option(help: "Seconds without a leader after which an executor ends a task; 0 = never. Default: grace + 15")
    var leaseS: Double?
    @Option(help: "Seconds without a sign of the leader after which a standby takes over. Default: 15")
    var takeoverS: Double?
    @Option(help: "Seconds that a stop waits for the last commits. Default: 5")
    var drainS: Double?
    @Option(
        help: "Seconds after which an unanswered permission request is denied. Default: 600")
    var approvalS: Double?
    @Option(help: "Days after which ended tasks are deleted; 0 = never. Default: 0")
    var retentionDays: Double?
    @Option(help: "MiB of events that a task may write before it is stopped; 0 = no limit. Default: 1024")
    var taskLogMb: Int?
    @Option(help: "MiB of events that all tasks of a user may have; 0 = no limit. Default: 0")
    var userLogMb: Int?
    @OptionGroup var log: LogArguments

    static func main() async { await Launch.command(Self.self, name: "wegent-dispatcher") }

    func run() async throws {
        do {
            Launch.prepare(try log.options())
            let logger = Logger(label: "dispatcher")
            let configuration = try configuration()
            let server = DispatcherServer(
                configuration, reactor: Reactor(), logger: logger, onStatus: StatusReport.print)
            // 2 s more than its own deadline: to close connections and the store.
            try await Launch.run([server], within: .seconds(configuration.drainS + 2), logger: logger)
        } catch {
            Launch.fail(error, name: "wegent-dispatcher")
        }
    }
}

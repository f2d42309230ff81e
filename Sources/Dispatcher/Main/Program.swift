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
              wegent-dispatcher --data /var/lib/wegent/dispatcher
              wegent-dispatcher --registry tcp://10.0.0.2:7401 --bind tcp://10.0.0.3:7402 --data /srv/d \\
                --mesh-key dispatcher.key --mesh-allow allow

            A variable can replace each flag: WEGENT_REGISTRY, WEGENT_BIND, WEGENT_DATA, WEGENT_GRACE_S, …
            When it leads it prints {"endpoint":"ipc://…"} to standard output. While another dispatcher leads on the same
            data it prints {"standby":"DIRECTORY"} and waits: it leads within 5 s when the other one ends, and --takeover-s
            after the other one has frozen.
            """)

    @Option(help: "The endpoint of the registry. Default: ipc:// in a directory of its user")
    var registry: String?
    @Option(
        help: """
            Where to listen: ipc://PATH, or tcp://HOST:PORT (0 = a free port) with keys. Default: ipc:// in a directory \
            of its user
            """)
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
    @OptionGroup(title: "Protection of the mesh") var mesh: MeshArguments
    @OptionGroup var log: LogArguments

    static func main() async { await Launch.command(Self.self, name: "wegent-dispatcher") }

    func run() async throws {
        do {
            Launch.prepare(try log.options())
            let logger = Logger(label: "dispatcher")
            let configuration = try configuration()
            let security = try mesh.resolve { values in
                let security = try MeshSecurity.load(
                    key: values.key, allow: values.allow,
                    plain: values.isPlain ? .anywhere : values.isLoopbackPlain ? .loopback : .nowhere,
                    role: .dispatcher, logger: logger)
                try security.check(configuration.bind)
                try security.check(configuration.registry)
                return security
            }
            let server = DispatcherServer(
                configuration, reactor: Reactor(security: security), logger: logger, onStatus: StatusReport.print)
            // 2 s more than its own deadline: to close connections and the store.
            try await Launch.run([server], within: .seconds(configuration.drainS + 2), logger: logger)
        } catch {
            Launch.fail(error, name: "wegent-dispatcher")
        }
    }
}

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

            Every flag can be set by a variable instead: WEGENT_REGISTRY, WEGENT_BIND, WEGENT_DATA, WEGENT_GRACE_S, …
            When it is ready it prints {"endpoint":"tcp://…"} to standard output.
            """)

    @Option(help: "Where the registry is. Default: tcp://127.0.0.1:7401")
    var registry: String?
    @Option(help: "Where to listen: tcp://HOST:PORT (0 = a free port) or ipc://PATH. Default: tcp://127.0.0.1:7402")
    var bind: String?
    @Option(help: "Where gateways dial it, when that is another address than --bind's.")
    var advertise: String?
    @Option(help: "The directory of dispatcher.db. Default: ./data")
    var data: String?
    @Option(help: "Seconds that a device may be away before its tasks fail. Default: 30")
    var graceS: Double?
    @Option(help: "Seconds without news after which an executor ends a task by itself; 0 = never. Default: grace + 15")
    var leaseS: Double?
    @OptionGroup var log: LogArguments

    func run() async throws {
        do {
            Launch.prepare(try log.options())
            let logger = Logger(label: "dispatcher")
            let server = DispatcherServer(try configuration(), reactor: Reactor(), logger: logger)
            try await Launch.run([Announced(server: server, logger: logger)], logger: logger)
        } catch {
            Launch.fail(error, name: "wegent-dispatcher")
        }
    }
}

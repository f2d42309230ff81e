import ArgumentParser
import Executor
import Launch
import Logging
import Messages

/// `wegent-executor`: parses, builds, runs.
@main
struct Program: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wegent-executor", abstract: "Runs your tasks on this machine.", discussion: Options.examples,
        version: Product.version, subcommands: [EnvironmentCommand.self])

    @OptionGroup var options: Options
    @OptionGroup var log: LogArguments

    static func main() async { await Launch.command(Self.self, name: "wegent-executor") }

    mutating func run() async throws {
        do {
            Launch.prepare(try log.options())
            ExecutorServer.adoptOrphans()
            let logger = Logger(label: "wegent-executor")
            let configuration = try options.executorConfiguration()
            let server = ExecutorServer(configuration, logger: logger) { device in
                Launch.ready(["device_id": device.device, "name": device.name], logger: logger)
            }
            try await Launch.run([server], within: configuration.times.longestStop, logger: logger) {
                server.killChildren()
            }
        } catch { Launch.fail(error, name: "wegent-executor") }
    }
}

import ArgumentParser
import Executor
import Launch
import Messages

/// The flags of `wegent-executor`, over `WEGENT_*` in the environment, over defaults.
struct Options: ParsableArguments {
    static let examples = """
        `wegent token create` makes a token. Other users of this machine can read a command line, so prefer the \
        environment:

          WEGENT_TOKEN=… WEGENT_BACKEND_URL=https://wegent.example.com wegent-executor --mode local

          wegent-executor --mode local --token JWT --slots 3 --allow-dir ~/src --permission-mode accept-edits

        Only the agents' output leaves this machine. Tasks run in a workspace per conversation under the home, or in a \
        directory that --allow-dir allows.
        """

    enum Mode: String, ExpressibleByArgument, CaseIterable { case local, cloud }

    @Option(help: "Where tasks come from: local = through a gateway, for the token's owner.")
    var mode: Mode = .local
    @Option(help: "The API token; better in WEGENT_TOKEN.")
    var token: String?
    @Option(
        name: .customLong("backend-url"), help: "The gateway; also WEGENT_BACKEND_URL. (default: http://127.0.0.1:8787)"
    )
    var backendURL: String?
    @Option(help: "Identity, spool and workspaces; also WEGENT_EXECUTOR_HOME. (default: ~/.wegent-executor)")
    var home: String?
    @OptionGroup var device: ExecutorOptions

    /// The configuration that follows from flags and environment.
    /// - Throws: ``Fault`` with code `invalid_request`, or `ValidationError`.
    func executorConfiguration() throws -> ExecutorConfiguration {
        guard mode == .local else {
            throw Fault(
                .invalidRequest, "--mode cloud does not exist yet; --mode local runs tasks of the token's owner")
        }
        let setting = Setting.process
        let home = try setting.value(home, "WEGENT_EXECUTOR_HOME") ?? "~/.wegent-executor"
        var configuration = try device.configuration(home: home, drain: ExecutorTimes().drain, setting)
        configuration.backendURL = try setting.value(backendURL, "WEGENT_BACKEND_URL") ?? "http://127.0.0.1:8787"
        configuration.token = try setting.value(token, "WEGENT_TOKEN") ?? ""
        return configuration
    }
}

import ArgumentParser
import Launch
import Messages

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The options of this machine as a device, over `WEGENT_*` in the environment, over defaults: those of
/// `wegent-executor` and of `wegent up`.
public struct ExecutorOptions: ParsableArguments {
    @Option(help: ArgumentHelp("How many tasks run at the same time.", valueName: "n"))
    public var slots = 5

    @Option(help: "The device's name, unless its owner has renamed it. Default: operating system and host name")
    public var name: String?

    @Option(
        name: .customLong("device-id"),
        help: ArgumentHelp("The device's id instead of the one derived from the hardware.", valueName: "id"))
    public var deviceID: String?

    @Option(
        name: .customLong("allow-dir"),
        help: ArgumentHelp("Allow tasks to work in this directory and below; repeatable.", valueName: "dir"))
    public var allowDirs: [String] = []

    @Option(
        help: ArgumentHelp(
            "What agents may do without asking you where a task chooses nothing: ask, accept-edits, plan or bypass.",
            valueName: "mode"))
    public var permissionMode = PermissionMode.ask

    @Flag(help: "Allow the permission mode bypass, here and in a task.")
    public var allowBypass = false

    @Option(
        help: ArgumentHelp(
            "What becomes of an agent's background work at the end of its turn where a task chooses nothing: wait for it, "
                + "or stop it.", valueName: "wait|stop"))
    public var background = Background.wait

    @Option(
        name: .customLong("pass-env"),
        help: ArgumentHelp(
            "Pass a variable, or all that begin with a prefix, to the agents too; repeatable (also WEGENT_PASS_ENV and the "
                + "file pass-env in the home).", valueName: "NAME|PREFIX*"))
    public var passEnv: [String] = []

    @Option(
        name: .customLong("drain-s"),
        help: ArgumentHelp(
            "Seconds that running tasks may go on at a stop; 0 = stop them (or WEGENT_DRAIN_S). Default: 30; wegent up: 0",
            valueName: "seconds"))
    public var drainS: Double?

    @Option(
        name: .customLong("silence-s"),
        help: ArgumentHelp(
            "Seconds of silence after which the connection is dead (or WEGENT_SILENCE_S). Default: 15",
            valueName: "seconds"))
    public var silenceS: Double?

    @OptionGroup(title: "Agents") public var agents: AgentOptions

    public init() {}

    /// Returns the executor's configuration, still without address and token.
    /// - Parameters:
    ///   - home: the executor's directory.
    ///   - drain: the default of `--drain-s`.
    /// - Throws: `ValidationError` that names the option or variable.
    public func configuration(home: String, drain: Double, _ setting: Setting) throws -> ExecutorConfiguration {
        let home = Self.absolute(home, setting)
        var configuration = ExecutorConfiguration(
            token: "", home: home, slots: slots, name: name, deviceID: deviceID,
            allowDirs: allowDirs.map { Self.absolute($0, setting) }, permissionMode: permissionMode,
            allowBypass: allowBypass, background: background, environment: setting.environment)
        configuration.passEnvironment = try passed(setting, home)
        configuration.times.drain = try setting.value(drainS, "WEGENT_DRAIN_S") ?? drain
        configuration.times.silence = try setting.value(silenceS, "WEGENT_SILENCE_S") ?? configuration.times.silence
        configuration.times.ping = configuration.times.silence / 3
        try agents.apply(to: &configuration, setting)
        return configuration
    }

    /// Returns what flags, variable and file add: one does not replace another.
    private func passed(_ setting: Setting, _ home: String) throws -> [EnvironmentPattern] {
        let path = "\(home)/pass-env"
        return try patterns(passEnv.joined(separator: ","), "--pass-env")
            + patterns(setting.environment["WEGENT_PASS_ENV"] ?? "", "WEGENT_PASS_ENV")
            + patterns(Self.withoutComments(path), path)
    }

    /// Returns the words of a file without its comments, which begin with `#`; empty when there is no such file.
    /// - Throws: `ValidationError` when it cannot be read: an agent would lack variables without a word.
    private static func withoutComments(_ path: String) throws -> String {
        guard FileManager.default.fileExists(atPath: path) else { return "" }
        let text: String
        do { text = try String(contentsOfFile: path, encoding: .utf8) } catch {
            throw ValidationError("\(path) cannot be read as UTF-8: \(error)")
        }
        return text.split(whereSeparator: \.isNewline).map { $0.prefix { $0 != "#" } }.joined(separator: " ")
    }

    private func patterns(_ text: String, _ source: String) throws -> [EnvironmentPattern] {
        do { return try EnvironmentPattern.list(text) } catch let error as EnvironmentPatternError {
            throw ValidationError("\(source): '\(error.text)' is neither a variable's name nor a prefix followed by *.")
        }
    }

    /// Returns an absolute path; `~` is the user's home.
    static func absolute(_ path: String, _ setting: Setting) -> String {
        if path == "~" || path.hasPrefix("~/") {
            return Machine.userHome(setting.environment) + path.dropFirst()
        }
        return path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    }
}

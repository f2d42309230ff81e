import ArgumentParser
import Executor
import Launch

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// `wegent-executor environment`: prints the names of the variables that the agents would get, and why.
struct EnvironmentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "environment",
        abstract: "Print which variables the agents would get, and why. Names only, never a value.")

    @Flag(help: "Print one line of JSON: passed (name, agents, why of each agent) and kept (names).")
    var json = false

    @OptionGroup var options: Options

    func run() async throws {
        do {
            let report = EnvironmentReport(try options.executorConfiguration())
            guard json else { return write(report.text) }
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            write(String(decoding: try encoder.encode(report), as: UTF8.self))
        } catch { Launch.fail(error, name: "wegent-executor") }
    }

    private func write(_ text: String) { StandardOutput.write(text + "\n", name: "wegent-executor") }
}

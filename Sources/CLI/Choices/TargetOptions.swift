import ArgumentParser
import Messages

/// Where and with what a task runs.
struct TargetOptions: ParsableArguments {
    @Option(help: "The device to run on: its name, a part of it, or its id.")
    var device: DeviceReference?

    @Flag(help: "Run on a cloud executor.")
    var cloud = false

    @Option(help: "The agent, such as claude-code or shell. Default: claude-code", completion: Completions.agents)
    var agent: String?

    @Option(help: ArgumentHelp("The working directory on the device, inside one that it allows.", valueName: "dir"))
    var cwd: String?

    func validate() throws {
        if cloud, device != nil { throw ValidationError("--device and --cloud cannot be combined.") }
    }

    /// Returns what the options name, filled from the conversation's newest task where an option is left out.
    /// - Parameter conversation: The conversation that goes on; nil = a new one.
    func place(_ gateway: GatewayClient, continuing conversation: ConversationID?) async throws -> TaskPlace {
        var place = TaskPlace(agent: agent, cwd: cwd)
        if cloud {
            place.target = Target.cloud.description
        } else if let device {
            place.device = try await device.find(gateway)
            place.target = place.device?.id
        }
        guard let conversation, let last = try await gateway.newestTask(of: conversation) else { return place }
        return place.filled(from: last)
    }
}

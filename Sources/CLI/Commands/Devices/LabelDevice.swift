import ArgumentParser
import Messages

/// `wegent devices label`.
struct LabelDevice: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "label", abstract: "Set or remove labels of a device.",
        discussion: """
            Example:
              wegent devices label build-box env=ci gpu-      sets env, removes gpu
            """)

    @Flag(help: "Print the device as JSON.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: DeviceReference.help)
    var device: DeviceReference

    @Argument(help: ArgumentHelp("name=value sets a label, name- removes it.", valueName: "label"))
    var labels: [String]

    func validate() throws { _ = try Self.patch(labels) }

    func run() async throws {
        let gateway = try connection.gateway()
        let device = try await device.find(gateway)
        let labelled = try await gateway.update(
            device: device.id, DevicePatchBody(labels: try Self.patch(labels)))
        if json { return try Output.jsonWithoutNulls(labelled) }
        let all = Self.text(labelled.labels)
        Output.notice(
            all.isEmpty
                ? "'\(TerminalEscaping.line(device.name))' has no labels"
                : "'\(TerminalEscaping.line(device.name))' has the labels \(all)")
    }

    /// Returns the changes to the labels; nil removes a label.
    /// - Throws: `ValidationError` for text that is neither `name=value` nor `name-`.
    static func patch(_ labels: [String]) throws -> [String: String?] {
        try labels.reduce(into: [:]) { patch, text in
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            if parts.count == 2, !parts[0].isEmpty {
                patch[parts[0]] = parts[1]
            } else if parts.count == 1, text.count > 1, text.hasSuffix("-") {
                patch[String(text.dropLast())] = .some(nil)
            } else {
                throw ValidationError(
                    "'\(text)' is neither name=value, which sets a label, nor name-, which removes one.")
            }
        }
    }

    /// The labels in one line, sorted by name.
    static func text(_ labels: [String: String]) -> String {
        labels.sorted { $0.key < $1.key }.map { $1.isEmpty ? $0 : "\($0)=\($1)" }.joined(separator: ", ")
    }
}

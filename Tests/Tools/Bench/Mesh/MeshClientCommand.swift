import ArgumentParser

/// `wegent-bench mesh-client ENDPOINT`: one measurement of the mesh alone, for a profiler.
struct MeshClientCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "mesh-client", shouldDisplay: false)

    @Argument(help: "Endpoint to dial.")
    var endpoint: String

    @Flag(help: "Round trips instead of one way.")
    var trips = false

    @Option(help: "Number of messages.")
    var count = 1_000_000

    @Option(help: "Bytes of the body.")
    var size = 64

    func run() async throws {
        let client = MeshClient(endpoint)
        let seconds =
            trips ? try await client.trips(count, size: size) : try await client.stream(count, size: size)
        print("\(Int(Double(count) / seconds)) per second")
        await client.end()
    }
}

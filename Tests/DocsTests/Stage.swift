import Foundation
import ScriptedModel
import TestClient
import TestCluster
import TestSupport

/// The services behind the examples of one page, as docs/contributing.md describes them: the user `ada`, the devices
/// `Linux - build-box` (with the star) and `laptop`, a directory `~/src/app`, and a scripted model behind Claude Code.
final class Stage {
    /// How a command ended.
    struct Result {
        let exit: ExitStatus
        let lines: [String]
        /// The HTTP status of each answer that `curl` had.
        let statuses: [Int]
    }

    private let cluster: Cluster
    private let environment: [String: String]
    /// Commands that go on in the background end with the stage.
    private var children: [ChildProcess] = []

    private init(_ cluster: Cluster, token: String) throws {
        self.cluster = cluster
        let home = cluster.directory.file("home")
        environment = cluster.environment(token: token).merging([
            "HOME": home, "WEGENT_URL": cluster.api.url, "WEGENT_PASSWORD": cluster.password,
            "PATH": "\(Binaries.folder):/usr/local/bin:/usr/bin:/bin",
        ]) { $1 }
        try cluster.directory.write(
            "write-out = \"%{stderr}\\n<<status %{http_code}>>\\n\"\n", to: "home/.curlrc")
    }

    /// Runs `body` with everything started.
    static func with(_ body: (Stage) async throws -> Void) async throws {
        let model = try await ScriptedModel.start()
        script(model)
        var options = Cluster.Options()
        options.model = model
        options.executor = nil
        try await Cluster.with(options) { cluster in
            let source = try folder(cluster)
            for (part, name, id) in [
                ("build-box", "Linux - build-box", "f378901351a34c7012f4f996eea25cfd"),
                ("laptop", "laptop", "0f6c2a8e5b1d4f6790a1c2d3e4f50617"),
            ] {
                try await cluster.startExecutor(
                    ["--allow-shell", "--allow-dir", source, "--name", name], part: part, as: id)
                try await eventually("the device \(name) is online") {
                    try await cluster.api.device(id)?["status"].string == "online"
                }
            }
            try await cluster.api.call("PUT", "/devices/f378901351a34c7012f4f996eea25cfd/default").expect(204)
            try await body(Stage(cluster, token: try await cluster.api.createToken("laptop")))
        }
        await model.stop()
    }

    /// Makes `~/src/app` with something in it and returns `~/src`.
    private static func folder(_ cluster: Cluster) throws -> String {
        for (name, size) in [("build/app.o", 4 << 20), ("logs/app.log", 1 << 20), ("README.md", 100)] {
            try cluster.directory.write(String(repeating: "x", count: size), to: "home/src/app/\(name)")
        }
        return cluster.directory.file("home/src")
    }

    /// Scripts the model: two prompts get the answers below, every other prompt gets `Done.`
    private static func script(_ model: ScriptedModel) {
        model.answer(
            .blocks(
                .text(["I will look at what takes the space.\n"]),
                .tool(name: "Bash", input: #"{"command":"du -sh * | sort -rh | head -3"}"#)),
            .text("`build/` takes 40 MB, `logs/` 12 MB; both are safe to delete."), to: "What takes the space here?")
        for _ in 1...3 {
            model.answer(
                .tool("Bash", input: #"{"command":"npm test"}"#), .text("All tests pass."), to: "run the tests")
        }
        model.always(.text("Done."))
    }

    /// Runs one command with `bash`, in `~/src/app`.
    func run(_ command: String) async throws -> Result {
        let child = try ChildProcess(
            "/bin/bash", ["-c", "exec 2>&1\n\(command)"], environment: environment,
            directory: cluster.directory.file("home/src/app"))
        children.append(child)
        child.closeInput()
        let exit = try await child.exit(within: .seconds(60))
        let (lines, marks) = Self.split(child.stdout.text.split(separator: "\n").map(String.init))
        return Result(exit: exit, lines: lines, statuses: marks)
    }

    private static func split(_ lines: [String]) -> ([String], [Int]) {
        let statuses = lines.compactMap { $0.wholeMatch(of: /<<status (\d+)>>/).flatMap { Int($0.1) } }
        return (lines.filter { !$0.hasPrefix("<<status ") }, statuses)
    }
}

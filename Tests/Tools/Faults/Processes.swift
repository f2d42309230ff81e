import Foundation

/// The machine's processes, read from `/proc`; none where that does not exist.
enum Processes {
    /// Returns the processes of attempts (with `WEGENT_TASK` in their environment) with this `HOME`.
    static func ofAttempts(home: String) -> [(pid: Int32, name: String)] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { name in
            guard let pid = Int32(name), let data = FileManager.default.contents(atPath: "/proc/\(name)/environ") else {
                return nil
            }
            let variables = data.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
            guard variables.contains("HOME=\(home)"), variables.contains(where: { $0.hasPrefix("WEGENT_TASK=") }) else {
                return nil
            }
            let command = FileManager.default.contents(atPath: "/proc/\(name)/cmdline") ?? Data()
            let text = String(decoding: command.map { $0 == 0 ? 0x20 : $0 }, as: UTF8.self)
            // Claude Code itself stays warm between two turns of a conversation; what its tools have started does not.
            return text.contains("--output-format stream-json") ? nil : (pid, text)
        }
    }

    /// Kills the processes of attempts that are left with this `HOME`.
    static func endAll(home: String) {
        for process in ofAttempts(home: home) { kill(process.pid, SIGKILL) }
    }
}

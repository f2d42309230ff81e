import Foundation

/// The machine's processes, as `/proc` has them; nothing where there is none.
enum Processes {
    /// Those that are an attempt's (they carry its mark) and live in this home, with what they are.
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
            return (pid, String(decoding: command.map { $0 == 0 ? 0x20 : $0 }, as: UTF8.self))
        }
    }

    /// Ends what a broken promise has left on the machine.
    static func endAll(home: String) {
        for process in ofAttempts(home: home) { kill(process.pid, SIGKILL) }
    }
}

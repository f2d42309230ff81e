import Logging
import Messages

/// Runs of this home's executors that may have left processes. Their boot ids are in a file until the processes are
/// gone: after a kill -9 nothing else knows of them.
struct PreviousRuns {
    private let home: ExecutorHome
    private let logger: Logger

    /// Seconds between SIGTERM and SIGKILL for processes of previous runs.
    private static let grace = 2.0
    /// Seconds to check at the end that nothing is left: a killed process is gone in milliseconds.
    private static let checkTimeout = 1.0

    init(home: ExecutorHome, logger: Logger) {
        self.home = home
        self.logger = logger
    }

    /// Ends the processes of previous runs, and records the run that begins.
    func end(before boot: BootID) async {
        let previous = Set(home.lines(.boots))
        var open = Set<String>()
        if !previous.isEmpty, await !end(ProcessTree(leader: nil, marks: .boots(previous))) { open = previous }
        keep(open.union([boot.description]))
    }

    /// Removes the record of the run that ends, when none of its processes is left.
    func forget(_ boot: BootID) async {
        guard await ProcessTree(leader: nil, marks: .boots([boot.description])).isGone(within: Self.checkTimeout) else {
            return
        }
        keep(Set(home.lines(.boots)).subtracting([boot.description]))
    }

    private func end(_ tree: ProcessTree) async -> Bool {
        var search = ProcessSearch(tree: tree, scope: .everything)
        while search.look(), search.found.isEmpty {}
        for (attempt, processes) in Dictionary(grouping: search.found, by: { Self.attempt(of: $0) }) {
            logger.notice(
                "ending processes of a previous run",
                metadata: ["attempt": "\(attempt)", "processes": "\(processes.count)"])
        }
        let isGone = await tree.end(grace: Self.grace)
        if !isGone { logger.error("processes of a previous run cannot be ended", metadata: ["home": "\(home.path)"]) }
        return isGone
    }

    private static func attempt(of process: ProcessEntry) -> String {
        switch SystemProcesses.mark(of: process.pid) {
        case .marked(let mark): mark.attempt
        default: "unknown"
        }
    }

    private func keep(_ boots: Set<String>) {
        do { try home.write(.boots, boots.sorted().joined(separator: "\n")) } catch {
            logger.error("the boot ids of this home could not be stored", metadata: ["error": "\(error)"])
        }
    }
}

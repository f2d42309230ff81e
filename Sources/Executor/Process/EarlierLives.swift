import Logging
import Messages

/// The lives of the executors of one home whose processes may still run: kept in a file until they are gone, because
/// after a kill -9 nobody else knows of them.
struct EarlierLives {
    private let home: Home
    private let logger: Logger

    /// How long what an earlier life left has between the polite signal and the kill.
    private static let grace = 2.0
    /// How long the end may take to see that nothing is left: what was just killed is gone in milliseconds.
    private static let lookFor = 1.0

    init(home: Home, logger: Logger) {
        self.home = home
        self.logger = logger
    }

    /// Ends what earlier lives left, and notes the one that begins.
    func end(before boot: BootID) async {
        let earlier = Set(home.lines(.boots))
        var open = Set<String>()
        if !earlier.isEmpty, await !end(ProcessTree(leader: nil, marks: .boots(earlier))) { open = earlier }
        keep(open.union([boot.description]))
    }

    /// Forgets the life that ends, when nothing of it is left.
    func forget(_ boot: BootID) async {
        guard await ProcessTree(leader: nil, marks: .boots([boot.description])).isGone(within: Self.lookFor) else {
            return
        }
        keep(Set(home.lines(.boots)).subtracting([boot.description]))
    }

    private func end(_ tree: ProcessTree) async -> Bool {
        var hunt = ProcessHunt(tree: tree, scope: .everything)
        while hunt.look(), hunt.quarry.isEmpty {}
        for (attempt, processes) in Dictionary(grouping: hunt.quarry, by: { Self.attempt(of: $0) }) {
            logger.notice(
                "processes of an earlier life are ended",
                metadata: ["attempt": "\(attempt)", "processes": "\(processes.count)"])
        }
        let isGone = await tree.end(grace: Self.grace)
        if !isGone { logger.error("processes of an earlier life cannot be ended", metadata: ["home": "\(home.path)"]) }
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
            logger.error("the lives of this home could not be kept", metadata: ["error": "\(error)"])
        }
    }
}

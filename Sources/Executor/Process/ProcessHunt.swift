#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// One hunt for the processes of a ``ProcessTree``: who was seen once is known for good, also when it has lost its
/// parents since.
struct ProcessHunt {
    let tree: ProcessTree
    let scope: ProcessTree.Scope
    /// Who runs, as of the last ``look()``.
    private(set) var quarry: [ProcessEntry] = []
    private var known: Set<ProcessEntry.Key> = []
    private var asked: Set<ProcessEntry.Key> = []
    /// Those that we may not signal (a program that runs as another user): left alone.
    private var foreign: Set<ProcessEntry.Key> = []
    private var isCertain = false

    init(tree: ProcessTree, scope: ProcessTree.Scope) {
        self.tree = tree
        self.scope = scope
    }

    /// Looks who is there.
    /// - Returns: whether there is anything left to end.
    mutating func look() -> Bool {
        #if os(Linux)
            let (members, isSure) = find()
            known.formUnion(members.map(\.key))
            quarry = members.filter { !$0.isOver && !foreign.contains($0.key) && isMeant($0) }
            // A process that changes its program just now shows no environment: one more look tells.
            defer { isCertain = quarry.isEmpty && !isCertain }
            return !quarry.isEmpty || !(isSure || isCertain)
        #else
            return scope == .everything && (Darwin.kill(-tree.leader.pid, 0) == 0 || errno == EPERM)
        #endif
    }

    private func isMeant(_ entry: ProcessEntry) -> Bool { scope == .everything || entry.group != tree.leader.pid }

    private func find() -> (members: [ProcessEntry], isSure: Bool) {
        let own = getpid()
        let table = SystemProcesses.all()
        // A number is not given out while it is a group's or a session's; a leader of another start is a new group.
        let isReused = table.contains { $0.pid == tree.leader.pid && tree.leader.start != 0 && $0.key != tree.leader }
        // What was there before the child is not of it.
        let candidates = table.filter { $0.pid != own && $0.key.start >= tree.leader.start }
        var isSure = true
        var members = candidates.filter { entry in
            if known.contains(entry.key) { return true }
            if !isReused, entry.group == tree.leader.pid || entry.session == tree.leader.pid { return true }
            // The kernel's own threads (children of process 2) have no environment at all.
            guard let mark = tree.mark, !entry.isOver, entry.parent != 2 else { return false }
            switch SystemProcesses.mark(of: entry.pid) {
            case .marked(let found): return found == mark
            case .unmarked: return false
            case .unknown:
                isSure = false
                return false
            }
        }
        let byParent = Dictionary(grouping: candidates, by: \.parent)
        var seen = Set(members)
        var next = 0
        while next < members.count {
            for child in byParent[members[next].pid] ?? [] where seen.insert(child).inserted { members.append(child) }
            next += 1
        }
        return (members, isSure)
    }

    /// Sends each process the polite signal, once.
    mutating func ask() {
        let group = groupMembers
        if Self.isBlind || group.contains(where: { !asked.contains($0.key) }) {
            signalGroup(SIGTERM)
            // A stopped process acts on the signal only when it goes on.
            signalGroup(SIGCONT)
            asked.formUnion(group.map(\.key))
        }
        for entry in quarry where asked.insert(entry.key).inserted {
            send(SIGTERM, to: entry)
            send(SIGCONT, to: entry)
        }
    }

    /// Kills everything that was seen. What is stopped first cannot start anything more meanwhile.
    mutating func kill() {
        let group = Set(groupMembers)
        if Self.isBlind || !group.isEmpty { signalGroup(SIGKILL) }
        let others = quarry.filter { !group.contains($0) }
        for entry in others { send(SIGSTOP, to: entry) }
        for entry in others { send(SIGKILL, to: entry) }
    }

    /// Without a table only the group as a whole can be spoken to.
    #if os(Linux)
        private static let isBlind = false
    #else
        private static let isBlind = true
    #endif

    private var groupMembers: [ProcessEntry] {
        scope == .everything ? quarry.filter { $0.group == tree.leader.pid } : []
    }

    private func signalGroup(_ number: Int32) {
        guard scope == .everything else { return }
        _ = systemKill(-tree.leader.pid, number)
    }

    private mutating func send(_ number: Int32, to entry: ProcessEntry) {
        // Once more, so that a new process with an old number is not hit.
        guard SystemProcesses.entry(entry.pid)?.key == entry.key else { return }
        if systemKill(entry.pid, number) != 0, errno == EPERM { foreign.insert(entry.key) }
    }
}

// The method above hides the function of the same name.
private func systemKill(_ pid: Int32, _ number: Int32) -> Int32 { kill(pid, number) }

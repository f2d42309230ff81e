#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// One hunt for the processes of a ``ProcessTree``: who was seen once is known for good, also when it has lost its
/// parents since.
struct ProcessHunt: Sendable {
    let tree: ProcessTree
    let scope: ProcessTree.Scope
    /// Who runs, as of the last ``look()``.
    private(set) var quarry: [ProcessEntry] = []
    private var known: Set<ProcessEntry.Key> = []
    private var asked: Set<ProcessEntry.Key> = []
    private var groupIsAsked = false
    /// Those that we may not signal (a program that runs as another user): left alone.
    private var foreign: Set<ProcessEntry.Key> = []
    /// Looks in a row that found nothing.
    private var vain = 0
    /// Processes that showed no environment at the last look, because they were between two programs.
    private var blurred: Set<ProcessEntry.Key> = []
    /// How often nothing must be found in a table that may have missed something: a process that hands over to another
    /// and ends may be seen neither as the one nor as the other.
    private static let enough = 3
    /// How often at most: nobody is between two programs for so long.
    private static let most = 50

    init(tree: ProcessTree, scope: ProcessTree.Scope) {
        self.tree = tree
        self.scope = scope
    }

    /// Looks who is there.
    /// - Returns: whether there is anything left to end.
    mutating func look() -> Bool {
        #if os(Linux)
            let (members, unseen, isWhole) = find()
            known.formUnion(members.map(\.key))
            quarry = members.filter { !$0.isOver && !foreign.contains($0.key) && isMeant($0) }
            let isStillBlurred = !blurred.isDisjoint(with: unseen)
            blurred = unseen
            vain = quarry.isEmpty ? vain + 1 : 0
            guard quarry.isEmpty else { return true }
            if isWhole && unseen.isEmpty { return false }
            return vain < (isStillBlurred ? Self.most : Self.enough)
        #else
            guard scope == .everything, let leader = tree.leader else { return false }
            return Darwin.kill(-leader.pid, 0) == 0 || errno == EPERM
        #endif
    }

    private func isMeant(_ entry: ProcessEntry) -> Bool { scope == .everything || entry.group != tree.leader?.pid }

    private func find() -> (members: [ProcessEntry], unseen: Set<ProcessEntry.Key>, isWhole: Bool) {
        let own = getpid()
        let (table, isWhole) = SystemProcesses.look()
        // A number is not given out while it is a group's or a session's; a leader of another start is a new group.
        let leader = tree.leader
        let isReused = table.contains { $0.pid == leader?.pid && leader?.start != 0 && $0.key != leader }
        // What was there before the child is not of it.
        let candidates = table.filter { $0.pid != own && $0.key.start >= leader?.start ?? 0 }
        var unseen: Set<ProcessEntry.Key> = []
        var members = candidates.filter { entry in
            if known.contains(entry.key) { return true }
            if let leader, !isReused, entry.group == leader.pid || entry.session == leader.pid { return true }
            guard tree.marks != .none, !entry.isOver, !entry.isKernels else { return false }
            switch SystemProcesses.mark(of: entry.pid) {
            case .marked(let mark): return tree.marks.contain(mark)
            case .unmarked: return false
            case .unknown:
                unseen.insert(entry.key)
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
        return (members, unseen, isWhole)
    }

    /// Sends each process the polite signal, once.
    mutating func ask() {
        let group = groupMembers
        if !groupIsAsked, Self.isBlind || !group.isEmpty {
            groupIsAsked = true
            signalGroup(SIGTERM)
            // A stopped process acts on the signal only when it goes on.
            signalGroup(SIGCONT)
        }
        // Who joins the group later is what a process cleans up with, and the signal a second time means "at once" to many.
        asked.formUnion(group.map(\.key))
        for entry in quarry where asked.insert(entry.key).inserted {
            send(SIGTERM, to: entry)
            send(SIGCONT, to: entry)
        }
    }

    /// Stops whatever carries the mark as soon as it is seen, the newest first: what hands over to another in a few
    /// milliseconds would be gone before a whole table was read.
    func freeze() {
        guard scope == .everything, tree.marks != .none else { return }
        let own = getpid()
        for pid in SystemProcesses.pids().sorted(by: >) where pid != own {
            if case .marked(let mark) = SystemProcesses.mark(of: pid), tree.marks.contain(mark) {
                _ = systemKill(pid, SIGSTOP)
            }
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
        scope == .everything ? quarry.filter { $0.group == tree.leader?.pid } : []
    }

    private func signalGroup(_ number: Int32) {
        guard scope == .everything, let leader = tree.leader else { return }
        _ = systemKill(-leader.pid, number)
    }

    private mutating func send(_ number: Int32, to entry: ProcessEntry) {
        // Once more, so that a new process with an old number is not hit.
        guard SystemProcesses.entry(entry.pid)?.key == entry.key else { return }
        if systemKill(entry.pid, number) != 0, errno == EPERM { foreign.insert(entry.key) }
    }
}

// The method above hides the function of the same name.
private func systemKill(_ pid: Int32, _ number: Int32) -> Int32 { kill(pid, number) }

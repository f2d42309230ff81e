#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// One search for the processes of a ``ProcessTree``. A process that was found once stays known, also when its parents
/// have ended since.
struct ProcessSearch: Sendable {
    let tree: ProcessTree
    let scope: ProcessTree.Scope
    /// The processes that run, as of the last ``look()``.
    private(set) var found: [ProcessEntry] = []
    private var known: Set<ProcessEntry.Key> = []
    private var signalled: Set<ProcessEntry.Key> = []
    private var groupIsSignalled = false
    /// Processes that we may not signal (a program that runs as another user): left alone.
    private var foreign: Set<ProcessEntry.Key> = []
    /// The last look had no process table: the system has none, or no file descriptor was left to read it. Then only the
    /// group as a whole can be signalled.
    private var isBlind = false
    /// How many looks in a row have found nothing.
    private var emptyLooks = 0
    /// Processes without an environment at the last look, because they were between two programs.
    private var unseenBefore: Set<ProcessEntry.Key> = []
    /// Whether a process of the tree has left the leader's group and session; such a one may go on leaving.
    private var hasStrays = false
    /// How many looks in a row must find nothing where something may have been missed: a process between two programs, or
    /// one in a table that is not complete.
    private static let enoughLooks = 3
    /// The same once there was a process that had left.
    private static let enoughLooksForStrays = 20
    /// The most looks in a row: no process is between two programs for so long.
    private static let mostLooks = 50

    init(tree: ProcessTree, scope: ProcessTree.Scope) {
        self.tree = tree
        self.scope = scope
    }

    /// Looks for the processes.
    /// - Returns: whether there may be something left to end.
    mutating func look() -> Bool {
        guard let (members, unseen, isWhole) = find() else {
            isBlind = true
            found = []
            guard scope == .everything, let leader = tree.leader else { return false }
            return systemKill(-leader.pid, 0) == 0 || errno == EPERM
        }
        isBlind = false
        known.formUnion(members.map(\.key))
        hasStrays = hasStrays || members.contains(where: hasLeft)
        found = members.filter { !$0.isOver && !foreign.contains($0.key) && isMeant($0) }
        let isStillUnseen = !unseenBefore.isDisjoint(with: unseen)
        unseenBefore = unseen
        let isComplete = isWhole && unseen.isEmpty
        emptyLooks = found.isEmpty ? emptyLooks + 1 : 0
        guard found.isEmpty else { return true }
        if isComplete { return false }
        if isStillUnseen { return emptyLooks < Self.mostLooks }
        return emptyLooks < (hasStrays ? Self.enoughLooksForStrays : Self.enoughLooks)
    }

    /// The last look has found nothing, but may have missed something.
    var isUnsure: Bool { found.isEmpty && !isBlind }

    private func hasLeft(_ entry: ProcessEntry) -> Bool {
        guard let leader = tree.leader else { return true }
        return entry.group != leader.pid && entry.session != leader.pid
    }

    private func isMeant(_ entry: ProcessEntry) -> Bool { scope == .everything || entry.group != tree.leader?.pid }

    /// - Returns: nil when there is no table.
    private func find() -> (members: [ProcessEntry], unseen: Set<ProcessEntry.Key>, isWhole: Bool)? {
        let own = getpid()
        let leader = tree.leader
        var marks: [ProcessEntry.Key: SystemProcesses.Marking] = [:]
        let read = SystemProcesses.table { entry in
            guard !entry.isOver else { return true }
            guard tree.marks != .none, !entry.isKernels, entry.pid != own, entry.key.start >= leader?.start ?? 0,
                !known.contains(entry.key)
            else { return false }
            let mark = SystemProcesses.mark(of: entry.pid)
            marks[entry.key] = mark
            guard mark == .unknown else { return false }
            guard let now = SystemProcesses.entry(entry.pid) else { return true }
            return now.key != entry.key || now.isOver
        }
        guard let (table, isWhole) = read else { return nil }
        // An id is not reused while it is a group's or a session's; a leader with another start time leads a new group.
        let isReused = table.contains { $0.pid == leader?.pid && leader?.start != 0 && $0.key != leader }
        // A process that existed before the child does not belong to it.
        let candidates = table.filter { $0.pid != own && $0.key.start >= leader?.start ?? 0 }
        var unseen: Set<ProcessEntry.Key> = []
        var members = candidates.filter { entry in
            if known.contains(entry.key) { return true }
            if let leader, !isReused, entry.group == leader.pid || entry.session == leader.pid { return true }
            switch marks[entry.key] {
            case .marked(let mark): return tree.marks.contain(mark)
            case .unmarked, nil: return false
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

    /// Sends each process SIGTERM, once.
    mutating func signal() {
        let group = groupMembers
        if !groupIsSignalled, isBlind || !group.isEmpty {
            groupIsSignalled = true
            signalGroup(SIGTERM)
            // A stopped process acts on the signal only when it continues.
            signalGroup(SIGCONT)
        }
        // A process that joins the group later is part of a cleanup; a second signal means "at once" to many programs.
        signalled.formUnion(group.map(\.key))
        for entry in found where signalled.insert(entry.key).inserted {
            send(SIGTERM, to: entry)
            send(SIGCONT, to: entry)
        }
    }

    /// Sends SIGSTOP to every process with the mark as soon as it is seen, the newest first: a process that starts its
    /// successor within milliseconds would be gone before a whole table was read.
    func freeze() {
        guard scope == .everything, tree.marks != .none else { return }
        let own = getpid()
        for pid in (SystemProcesses.pids() ?? []).sorted(by: >) where pid != own {
            if case .marked(let mark) = SystemProcesses.mark(of: pid), tree.marks.contain(mark) {
                _ = systemKill(pid, SIGSTOP)
            }
        }
    }

    /// Kills everything that was found. The others are stopped first, so that they cannot start anything meanwhile.
    mutating func kill() {
        let group = Set(groupMembers)
        if isBlind || !group.isEmpty { signalGroup(SIGKILL) }
        let others = found.filter { !group.contains($0) }
        for entry in others { send(SIGSTOP, to: entry) }
        for entry in others { send(SIGKILL, to: entry) }
    }

    private var groupMembers: [ProcessEntry] {
        scope == .everything ? found.filter { $0.group == tree.leader?.pid } : []
    }

    private func signalGroup(_ number: Int32) {
        guard scope == .everything, let leader = tree.leader else { return }
        _ = systemKill(-leader.pid, number)
    }

    private mutating func send(_ number: Int32, to entry: ProcessEntry) {
        // Checked again, so that a new process with an old id is not signalled.
        guard SystemProcesses.entry(entry.pid)?.key == entry.key else { return }
        if systemKill(entry.pid, number) != 0, errno == EPERM { foreign.insert(entry.key) }
    }
}

// The method above hides the function of the same name.
private func systemKill(_ pid: Int32, _ number: Int32) -> Int32 { kill(pid, number) }

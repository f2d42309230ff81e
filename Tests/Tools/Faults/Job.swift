import Foundation

/// The work of a task: a command for the shell agent that writes a journal of its own, or a prompt for Claude Code with
/// which ``StormModel`` lets it run such a command, and the output it has when nothing interrupts it.
struct Job: Sendable {
    /// The behaviour of a job.
    enum Kind: String, CaseIterable, Sendable {
        /// A few lines at once.
        case quick
        /// Lines over a second or two.
        case steady
        /// Many lines, as fast as possible.
        case loud
        /// Single lines over some five seconds.
        case long
        /// Starts a process that leaves its session.
        case family
        /// Long, and cancelled by its client.
        case cancelled
        /// Claude Code leaves a command in the background, and the task waits for it.
        case background
        /// Claude Code leaves a command in the background that ends with the turn.
        case dropped
        /// Claude Code's model refuses twice after a tool, and answers then.
        case retried

        /// The kinds of the shell agent.
        static let shell: [Kind] = [.quick, .steady, .loud, .long, .family, .cancelled]
    }

    let kind: Kind
    /// Identifies the job in its output and as the name of its journal.
    let token: String
    /// The file to which it writes `spawn PID` and `end PID`.
    let journal: String

    private var lines: Int {
        switch kind {
        case .quick: 5
        case .steady, .family: 120
        case .loud: 20_000
        case .long, .cancelled: 50
        case .background, .dropped, .retried: 1
        }
    }

    /// The agent that does it.
    var agent: String { Kind.shell.contains(kind) ? "shell" : "claude-code" }

    /// The fields of `POST /tasks`, each with a comma before it.
    var fields: String { kind == .dropped ? #","background":"stop""# : "" }

    /// The number of lines between pauses, and the seconds of each.
    private var pause: (every: Int, seconds: String)? {
        switch kind {
        case .quick, .loud, .retried: nil
        case .steady, .family: (10, "0.1")
        case .long, .cancelled: (1, "0.1")
        case .background, .dropped: (1, "3")
        }
    }

    /// The command line, or what is asked of Claude Code.
    var prompt: String { agent == "shell" ? command : "job \(token) \(kind)" }

    /// The command line.
    var command: String {
        let rest = pause.map { " [ $((i % \($0.every))) -ne 0 ] || sleep \($0.seconds);" } ?? ""
        let child = kind == .family ? "setsid sleep 1000 >/dev/null 2>&1 & " : ""
        let others =
            "[ ! -f '\(journal)' ] || while read w p; do [ $w = spawn ] && grep -qs '^State:.[^Z]' /proc/$p/status "
            + "&& echo \"double $p\" >> '\(journal)'; done < '\(journal)'; "
        return others + "echo \"spawn $$\" >> '\(journal)'; \(child) i=1; "
            + "while [ $i -le \(lines) ]; do echo \"\(token) $i\"; i=$((i+1));\(rest) done; echo \"end $$\" >> '\(journal)'"
    }

    /// Its whole output, which is one of these; each is a prefix of the first.
    var texts: [String] {
        switch kind {
        // Claude Code may take a report into the same turn; then there is no further text.
        case .background: ["\(last)\(token) noted\n", last]
        case .dropped, .retried: [last]
        default: [(1...lines).map { "\(token) \($0)\n" }.joined()]
        }
    }

    /// The longest of ``texts``.
    var text: String { texts[0] }

    /// A line from the middle of the output, and the last one.
    var middle: String { agent == "shell" ? "\(token) \(lines / 2)\n" : last }
    var last: String { "\(token) \(lines)\n" }
}

/// The journal that a job's processes have written.
struct Journal {
    /// The processes started for it.
    private(set) var spawned: [Int32] = []
    /// Processes of the job that still ran when another one was started.
    private(set) var doubles: [Int32] = []
    /// Whether its last command ran.
    private(set) var hasEnded = false

    /// Reads the journal; empty when there is no file.
    init(of job: Job) {
        let text = (try? String(contentsOfFile: job.journal, encoding: .utf8)) ?? ""
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count == 2, let pid = Int32(fields[1]) else { continue }
            switch fields[0] {
            case "spawn": spawned.append(pid)
            case "double": doubles.append(pid)
            case "end": hasEnded = true
            default: break
            }
        }
    }
}

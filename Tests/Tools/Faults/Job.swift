import Foundation

/// What a task is to do: a command for the shell agent that keeps a journal of its own, and what it will have said
/// when it was left in peace.
struct Job: Sendable {
    /// How it behaves.
    enum Kind: String, CaseIterable, Sendable {
        /// A few lines at once.
        case quick
        /// Lines over a second or two.
        case steady
        /// Many lines as fast as they go.
        case loud
        /// One line after the other over some five seconds.
        case long
        /// Leaves a process behind that has left its session.
        case family
        /// Long, and somebody cancels it.
        case cancelled
    }

    let kind: Kind
    /// Tells it from every other job, in its output and as the name of its journal.
    let token: String
    /// The file that it writes `spawn PID` and `end PID` to.
    let journal: String

    private var lines: Int {
        switch kind {
        case .quick: 5
        case .steady, .family: 120
        case .loud: 20_000
        case .long, .cancelled: 50
        }
    }

    /// After how many lines it pauses, and for how many seconds.
    private var pause: (every: Int, seconds: String)? {
        switch kind {
        case .quick, .loud: nil
        case .steady, .family: (10, "0.1")
        case .long, .cancelled: (1, "0.1")
        }
    }

    /// The command line.
    var prompt: String {
        let rest = pause.map { " [ $((i % \($0.every))) -ne 0 ] || sleep \($0.seconds);" } ?? ""
        let child = kind == .family ? "setsid sleep 1000 >/dev/null 2>&1 & " : ""
        let others =
            "[ ! -f '\(journal)' ] || while read w p; do [ $w = spawn ] && grep -qs '^State:.[^Z]' /proc/$p/status "
            + "&& echo \"double $p\" >> '\(journal)'; done < '\(journal)'; "
        return others + "echo \"spawn $$\" >> '\(journal)'; \(child) i=1; "
            + "while [ $i -le \(lines) ]; do echo \"\(token) $i\"; i=$((i+1));\(rest) done; echo \"end $$\" >> '\(journal)'"
    }

    /// Everything that it says, when it comes to its end.
    var text: String { (1...lines).map { "\(token) \($0)\n" }.joined() }

    /// A line that is said well before its end, and its last one.
    var middle: String { "\(token) \(lines / 2)\n" }
    var last: String { "\(token) \(lines)\n" }
}

/// What a job's processes wrote down themselves.
struct Journal {
    /// The processes that were started for it.
    private(set) var spawned: [Int32] = []
    /// Processes of the job that were still there when another one was started.
    private(set) var doubles: [Int32] = []
    /// Whether it came to its last command.
    private(set) var hasEnded = false

    /// What is there; nothing when the file was never made.
    init(of job: Job) {
        let text = (try? String(contentsOfFile: job.journal, encoding: .utf8)) ?? ""
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count == 2, let pid = Int32(words[1]) else { continue }
            switch words[0] {
            case "spawn": spawned.append(pid)
            case "double": doubles.append(pid)
            case "end": hasEnded = true
            default: break
            }
        }
    }
}

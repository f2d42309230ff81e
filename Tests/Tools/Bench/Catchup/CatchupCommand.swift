import ArgumentParser
import TestClient
import TestCluster

/// `wegent-bench catchup`: a viewer that starts after the end of a task.
struct CatchupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "catchup", abstract: "Measures how long a late viewer takes to receive all events.",
        discussion: """
            A shell task writes lines, each an event of its own, and ends. Then a viewer reads all events from the \
            beginning, as a stream and as pages, in each round.

              wegent-bench catchup --events 10000 --rounds 10
            """)

    @Option(help: "Number of events.")
    var events = 10_000

    @Option(help: "Number of reads, as a stream and as pages.")
    var rounds = 10

    func validate() throws {
        guard (1...1_000_000).contains(events), (1...1000).contains(rounds) else {
            throw ValidationError("--events must be 1 to 1000000, --rounds 1 to 1000")
        }
    }

    func run() async throws {
        let (events, rounds) = (events, rounds)
        try await Bench.cluster("the catch-up is measured", within: .seconds(180)) { cluster in
            let api = cluster.api
            let task = try await api.submit("exec \(Bench.program) emit --count \(events) --apart", target: "executor")
            let id = task["id"].string ?? ""
            let whole = try await StreamViewer(api, task: id).end(within: .seconds(120))
            guard whole.lines == events else { throw Unfit("\(whole.lines) of \(events) lines arrived") }
            var streams: [Double] = []
            var pages: [Double] = []
            for _ in 0..<rounds {
                streams.append(try await Self.stream(api, id, whole.seq))
                pages.append(try await Self.pages(api, id, whole.seq, limit: 10_000))
            }
            Report.line("\(whole.seq) events of an ended task, \(rounds) times; milliseconds until all have arrived")
            Report.line(Quantiles.heading("from the request to the last event"))
            Report.line(Quantiles(streams).row("server-sent events from 0 (aim: 1000)"))
            Report.line(Quantiles(pages).row("pages of at most 10,000 (aim: 1000)"))
        }
    }

    private static func stream(_ api: API, _ id: String, _ count: Int) async throws -> Double {
        let start = ContinuousClock.now
        let record = try await StreamViewer(api, task: id).end()
        guard record.seq == count, let end = record.endedAt else { throw Unfit("the stream ended at \(record.seq)") }
        return Report.ms(end - start)
    }

    /// Reads all pages; parses only the cursor of the next page meanwhile.
    private static func pages(_ api: API, _ id: String, _ count: Int, limit: Int) async throws -> Double {
        let start = ContinuousClock.now
        var bodies: [[UInt8]] = []
        var after: Int? = 0
        while let cursor = after {
            let answer = try await api.call("GET", "/tasks/\(id)/events?after=\(cursor)&limit=\(limit)")
            guard answer.status == 200 else { throw UnexpectedStatus(response: answer) }
            let tail = String(decoding: answer.body.suffix(40), as: UTF8.self)
            after = tail.split(separator: ":").last.flatMap { Int($0.dropLast()) }
            bodies.append(answer.body)
        }
        let time = Report.ms(start.duration(to: .now))
        let events = try bodies.flatMap { try JSON($0)["items"].items }.compactMap { $0["seq"].int }
        guard events == Array(1...count) else { throw Unfit("the pages have \(events.count) of \(count) events") }
        return time
    }
}

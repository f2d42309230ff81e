import Foundation
import TestClient
import TestSupport

/// Reads everything that the API and the agents' own journals say after the storm, and holds it against what is
/// promised. What it finds wrong is a sentence each.
struct Checker {
    /// How a task may end besides `completed` (and `cancelled`, where that was asked for).
    let allowed: Set<String>
    let api: API

    /// Waits for every end and checks every order.
    /// - Parameter limit: How long the tasks have to come to their ends.
    /// - Returns: what is wrong.
    func check(_ orders: [Order], within limit: Duration) async -> [String] {
        _ = try? await eventually("the end of every task", within: limit) { orders.allSatisfy(\.isDone) }
        var wrong: [String] = []
        for order in orders { wrong += await check(order) }
        return wrong
    }

    private func check(_ order: Order) async -> [String] {
        guard let id = order.id else {
            return ["order \(order.job.token) (\(order.job.kind)) was never accepted: \(order.refused ?? "no answer")"]
        }
        var wrong: [String] = []
        if let refused = order.refused { wrong.append(refused) }
        do {
            let events = try await log(id)
            wrong += stream(events)
            for follower in order.followers { wrong += compare(follower, events) }
            wrong += verdict(order, events, try await api.task(id))
            wrong += starts(order, Attempts(events))
        } catch { wrong.append("its log cannot be read: \(error)") }
        return wrong.map { "task \(id) (\(order.job.kind)): \($0)" }
    }

    /// The whole log, page by page.
    private func log(_ id: String) async throws -> [TaskEvent] {
        var events: [TaskEvent] = []
        while true {
            let page = try await api.page(id, after: events.last?.seq ?? 0, limit: 5000)
            events += page.items
            guard page.next.int != nil, !page.items.isEmpty else { return events }
        }
    }

    private func stream(_ events: [TaskEvent]) -> [String] {
        var wrong: [String] = []
        for (index, event) in events.enumerated() where event.seq != index + 1 {
            wrong.append("its log has seq \(event.seq) at place \(index + 1)")
            break
        }
        let ends = events.filter(\.isTerminal)
        if ends.count != 1 { wrong.append("it has \(ends.count) terminal events") }
        if events.last?.isTerminal != true { wrong.append("its log ends with \(events.last?.kind ?? "nothing")") }
        return wrong
    }

    private func compare(_ follower: Follower, _ events: [TaskEvent]) -> [String] {
        if let broken = follower.broken { return ["a viewer from \(follower.after): \(broken)"] }
        let seen = follower.events
        guard follower.isDone else {
            return [
                "a viewer from \(follower.after) has not seen the end, only seq \(seen.last?.seq ?? 0) of \(events.count)"
            ]
        }
        return seen == Array(events.dropFirst(follower.after))
            ? [] : ["a viewer from \(follower.after) has seen something else than the log has"]
    }

    private func starts(_ order: Order, _ attempts: Attempts) -> [String] {
        let journal = Journal(of: order.job)
        var wrong: [String] = []
        let most = order.chosen.onDisconnect == .requeue ? max(1, attempts.count) : 1
        if journal.spawned.count > most {
            wrong.append("it was started \(journal.spawned.count) times: \(journal.spawned)")
        }
        if !journal.doubles.isEmpty { wrong.append("it ran twice at once, beside processes \(journal.doubles)") }
        return wrong
    }

    private func verdict(_ order: Order, _ events: [TaskEvent], _ task: JSON) -> [String] {
        var wrong: [String] = []
        let state = events.last?.state ?? "none"
        if task["state"].string != state { wrong.append("it is \(task["state"]), its log says \(state)") }
        // Only a task that wants to be run again may have said anything before its last attempt.
        let text =
            order.chosen.onDisconnect == .requeue
            ? Attempts(events).texts.last ?? "" : events.map(\.text).joined()
        switch state {
        case "completed":
            if text != order.job.text {
                wrong.append("it completed with other output than it wrote: \(Self.difference(text, order.job.text))")
            }
            if Journal(of: order.job).spawned.isEmpty { wrong.append("it completed without a process") }
        case "cancelled" where order.cancelAsked: break
        case "failed" where order.chosen.allowed(allowed).contains(task["error"]["code"].string ?? ""): break
        default: wrong.append("it ended as \(state) (\(task["error"]["code"])): \(task["error"]["message"])")
        }
        for text in Attempts(events).texts + [text] where !order.job.text.hasPrefix(text) {
            wrong.append("its output is not the beginning of what it wrote: \(Self.difference(text, order.job.text))")
        }
        return wrong
    }

    /// Where two texts part.
    private static func difference(_ text: String, _ expected: String) -> String {
        let (a, b) = (Array(text.utf8), Array(expected.utf8))
        let place = zip(a, b).prefix { $0 == $1 }.count
        let around = { (bytes: [UInt8]) in
            String(decoding: bytes[max(0, place - 30)..<min(bytes.count, place + 30)], as: UTF8.self)
        }
        return
            "\(a.count) bytes instead of \(b.count), from byte \(place) on \"\(around(a))\" instead of \"\(around(b))\""
    }

    /// Holds an executor to what it owes when nothing is left to do.
    /// - Parameters:
    ///   - limit: How long it has for each; longer than the time between two of its reports.
    ///   - spool: Its folder of unacked events.
    ///   - home: The `HOME` of its children.
    func check(executor: String, spool: String, home: String, within limit: Duration = .seconds(45)) async -> [String] {
        var wrong: [String] = []
        do {
            try await eventually("free slots", within: limit) {
                try await api.device(executor)?["slots"]["used"].int == 0
            }
        } catch { wrong.append("\(executor) still has slots in use: \(error)") }
        do {
            try await eventually("an empty spool", within: limit) { try files(in: spool).isEmpty }
        } catch { wrong.append("\(executor) has files left in its spool: \((try? files(in: spool)) ?? [])") }
        do {
            try await eventually("no process", within: limit) { Processes.ofAttempts(home: home).isEmpty }
        } catch { wrong.append("processes are left: \(Processes.ofAttempts(home: home))") }
        return wrong
    }

    private func files(in directory: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: directory)
    }
}

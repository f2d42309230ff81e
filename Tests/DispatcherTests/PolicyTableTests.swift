import Foundation
import Messages
import TestSupport
import Testing

@testable import Dispatcher

@Suite("Policies and their document")
struct PolicyTableTests {
    /// Returns the lines of the table under a heading of docs/policies.md.
    private static func table(_ heading: String) throws -> [String] {
        let document = try String(contentsOfFile: "\(Binaries.checkout)/docs/policies.md", encoding: .utf8)
        let start = try #require(document.range(of: "\n## \(heading)\n"), "there is no heading '\(heading)'")
        let rest = document[start.upperBound...]
        let section = rest[..<(rest.range(of: "\n## ")?.lowerBound ?? rest.endIndex)]
        return section.split(separator: "\n").filter { $0.hasPrefix("|") }.map(String.init)
    }

    private static func cells(_ line: String) -> [String] {
        line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
    }

    @Test("The placements match the table in docs/policies.md")
    func placements() throws {
        let lines = try PlacementTable.lines()
        #expect(try Self.table("Where a task goes") == lines, "\n\(lines.joined(separator: "\n"))\n")
    }

    @Test("The ends of tasks match the table in docs/policies.md")
    func losses() throws {
        let lines = LossTable.lines()
        #expect(
            try Self.table("When something happens to a running task") == lines, "\n\(lines.joined(separator: "\n"))\n")
    }

    @Test("With `wait` the grace makes no difference", arguments: LossTable.Event.allCases)
    func graceWithWait(event: LossTable.Event) {
        #expect(LossTable.cell(event, .wait, graceS: 0) == LossTable.cell(event, .wait, graceS: 86_400))
    }

    @Test("A refusal names the device, the time and what to do")
    func refusal() throws {
        for (situation, parts) in [
            (PlacementTable.Situation.beyond, ["Linux - box", "last seen at 20", "if_offline"]),
            (.never, ["Linux - box", "never been connected", "if_offline"]), (.unknown, ["box", "list of devices"]),
            (.deleted, ["box"]), (.registryAway, ["registry", "try again"]),
        ] {
            let decision = PlacementTable.decide(
                try PlacementTable.fleet(situation), .fail, isNew: true, isBusy: false)
            guard case .fail(let fault) = decision else {
                Issue.record("\(situation) is not refused")
                continue
            }
            for part in parts { #expect(fault.message.contains(part), "\(fault.message)") }
        }
    }

    @Test("The order of priorities matches docs/policies.md")
    func priorities() throws {
        let rows = [(Priority.high, Priority.normal), (.normal, .low), (.high, .low)].map { higher, lower in
            "| `\(higher)` | `\(lower)` | \((Policy.delayMs(lower) - Policy.delayMs(higher)) / 1000) s |"
        }
        #expect(try Self.table("Order of the queue").suffix(3) == rows[...])
    }

    /// Names, defaults and ranges.
    @Test("The choices match docs/policies.md")
    func choices() throws {
        let rows = try Self.table("The choices").dropFirst(2).map(Self.cells)
        #expect(rows.map { $0[0] } == Choices.names.map { "`\($0)`" })
        var standard = Choices.standard
        standard.graceS = DispatcherConfiguration(registry: "", dataDirectory: "").graceS
        let encoded = try #require(
            try JSONSerialization.jsonObject(with: JSONEncoder().encode(standard)) as? [String: Any])
        for row in rows {
            let name = row[0].trimmingCharacters(in: ["`"])
            let values = row[2].replacing(",", with: "")
            let value = encoded[name].map { "\($0)" }
            #expect(row[3].replacing(",", with: "").hasPrefix(value ?? "the device's"), "\(name): \(row[3])")
            if let range = values.wholeMatch(of: /([0-9]+) to ([0-9]+)/), let low = Int(range.1),
                let high = Int(range.2)
            {
                #expect(Self.isAllowed(name, "\(low)") && Self.isAllowed(name, "\(high)"))
                #expect(!Self.isAllowed(name, "\(Double(low) - 0.001)") && !Self.isAllowed(name, "\(high + 1)"))
            } else {
                let names = values.matches(of: /`([a-z-]+)`/).map { String($0.1) }
                #expect(names.count > 1 && names.allSatisfy { Self.isAllowed(name, "\"\($0)\"") }, "\(row)")
                #expect(!Self.isAllowed(name, "\"other\""))
            }
        }
    }

    private static func isAllowed(_ name: String, _ value: String) -> Bool {
        do {
            try JSONDecoder().decode(Choices.self, from: Data("{\"\(name)\":\(value)}".utf8)).check()
            return true
        } catch { return false }
    }

    @Test("The errors match docs/policies.md")
    func errors() throws {
        let codes = try Self.table("Final states").dropFirst(2).compactMap { Self.cells($0).first }
        let known = Set(ErrorCode.all.map { "`\($0)`" })
        #expect(codes.allSatisfy(known.contains))
        let mentioned = (LossTable.lines() + (try PlacementTable.lines())).joined()
            .matches(of: /(?:refused:|fails:|`failed`) (`[a-z_]+`)/).map { String($0.1) }
        #expect(Set(mentioned).count > 6 && Set(mentioned).isSubset(of: codes))
        #expect(codes.contains("`queue_expired`") && codes.contains("`queue_full`"))
    }
}

@Suite("Policies apart from the tables")
struct PolicyTests {
    @Test("Every choice is set, whatever was asked for")
    func complete() {
        let policy = Policy(Choices())
        #expect(policy.priority == .normal && policy.ttlMs == 86_400_000 && policy.ifOffline == .fail)
        #expect(policy.onDisconnect == .fail && policy.graceMs == 30_000 && policy.leaseS == 45)
        #expect(policy.timeoutMs == nil && policy.idleMs == nil)
    }

    @Test("An unknown name counts as the default")
    func unknownName() {
        let policy = Policy(
            Choices(
                priority: Priority(rawValue: "urgent"), ifOffline: IfOffline(rawValue: "odd"),
                onDisconnect: OnDisconnect(rawValue: "odd")))
        #expect(policy == Policy(Choices()))
    }

    @Test("A task's lease is its grace plus the dispatcher's margin")
    func lease() {
        func lease(_ grace: Double, _ choice: OnDisconnect = .fail, of graceS: Double = 30, leaseS: Double = 45)
            -> Double
        {
            Policy(Choices(onDisconnect: choice, graceS: grace), graceS: graceS, leaseS: leaseS).leaseS
        }
        #expect(lease(30) == 45 && lease(0) == 15 && lease(600) == 615 && lease(600, .requeue) == 615)
        #expect(lease(30, .wait) == 0)
        // No lease at all, and one that is shorter than the grace.
        #expect(lease(600, leaseS: 0) == 0)
        #expect(lease(60, leaseS: 10) == 40 && lease(0, leaseS: 10) == 10)
    }

    @Test("Times are rounded to milliseconds and never to none")
    func rounding() {
        let policy = Policy(Choices(graceS: 0.0001, timeoutS: 0.0001, idleTimeoutS: 1.5))
        #expect(policy.graceMs == 1 && policy.timeoutMs == 1 && policy.idleMs == 1500)
        #expect(Policy.text(1500) == "1.5" && Policy.text(60_000) == "60")
    }

    @Test("A task that has waited ten minutes longer is not overtaken")
    func overtaking() {
        #expect(Policy.delayMs(.high) == 0)
        #expect(Policy.delayMs(.normal) == 600_000 && Policy.delayMs(.low) == 1_200_000)
    }

    @Test("A grace goes on after a start of the dispatcher, for some seconds at least")
    func graceAfterStart() {
        let policy = Policy(Choices(onDisconnect: .requeue, graceS: 100))
        func left(after seconds: Double, _ policy: Policy) -> Absence {
            Absence(policy, since: Sample.now, now: Sample.now.adding(seconds: seconds), isStart: true)
        }
        #expect(left(after: 40, policy).leftMs == 60_000)
        #expect(left(after: 40, policy).stall == Stall(since: Sample.now, requeuesAt: Sample.now.adding(seconds: 100)))
        #expect(left(after: 95, policy).leftMs == 10_000 && left(after: 10_000, policy).leftMs == 10_000)
        #expect(left(after: -500, policy).leftMs == 100_000, "a clock that was set back")
        #expect(left(after: 1, Policy(Choices(graceS: 0))).leftMs == 10_000)
        #expect(left(after: 1, Policy(Choices(onDisconnect: .wait))).leftMs == nil)
    }
}

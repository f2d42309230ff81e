import Foundation
import Synchronization
import TestClient
import TestCluster

/// Hands in orders as a careful client does: with an idempotency key, again and again until there is an answer.
final class Desk: Sendable {
    let cluster: Cluster
    private let random: Mutex<SeededRandom>
    private let all = Mutex<[Order]>([])
    /// Watches every task besides, on one socket.
    private let page: Page
    /// How long a client tries; longer than any outage of a scenario.
    private let patience: Duration = .seconds(90)

    init(_ cluster: Cluster, seed: UInt64) throws {
        self.cluster = cluster
        random = Mutex(SeededRandom(seed: seed))
        page = Page(cluster.api)
        try FileManager.default.createDirectory(atPath: cluster.data("journal"), withIntermediateDirectories: true)
    }

    /// Everything that was ever asked for.
    var orders: [Order] { all.withLock { $0 } }

    /// Nobody watches any more.
    func close() { page.close() }

    /// A new order that is not handed in yet.
    func order(_ kind: Job.Kind) -> Order {
        let token = random.withLock { String($0.next() % 1_000_000_000, radix: 36) } + "\(orders.count)"
        let order = Order(
            Job(kind: kind, token: token, journal: cluster.data("journal/\(token)")),
            random.withLock { Chosen.random(&$0) })
        all.withLock { $0.append(order) }
        return order
    }

    /// Hands it in for a device, and sends who watches it.
    func submit(_ order: Order, to device: String) async {
        let end = ContinuousClock.now + patience
        let body =
            #"{"prompt":\#(JSON.quoted(order.job.prompt)),"agent":"shell","target":"\#(device)","#
            + #""idempotency_key":"\#(order.job.token)"\#(order.chosen.fields)}"#
        var why = ""
        while ContinuousClock.now < end, !Task.isCancelled {
            do {
                let answer = try await cluster.api.call("POST", "/tasks", body, timeout: .seconds(8))
                if answer.status == 202, let id = answer.json["id"].string { return await accept(id, order, body) }
                why = "\(answer.status) \(answer.code ?? "")"
                // The device may just be away; anything else of the kind is not meant to happen.
                let isOffline = answer.code == "device_offline" && !order.chosen.waitsWhenOffline
                guard answer.status >= 500 || answer.status == 429 || isOffline else { break }
            } catch { why = "\(error)" }
            try? await Task.sleep(for: random.withLock { $0.milliseconds(20...200) })
        }
        order.refuse(why)
    }

    private func accept(_ id: String, _ order: Order, _ body: String) async {
        order.accepted(id, Follower(cluster.api, task: id))
        order.join(page.follow(id))
        if order.job.kind == .cancelled { Task { await self.cancel(order, id) } }
        guard random.withLock({ $0.once(in: 4) }) else { return }
        // The same request again is the same task.
        if let again = try? await cluster.api.call("POST", "/tasks", body, timeout: .seconds(8)), again.status == 202,
            again.json["id"].string != id
        {
            order.refuse("a repeated submission made task \(again.json["id"].string ?? "") beside \(id)")
        }
        // Somebody who comes later, at any point.
        let after = order.follower?.events.randomElement()?.seq ?? 0
        order.join(Follower(cluster.api, task: id, after: after))
    }

    private func cancel(_ order: Order, _ id: String) async {
        try? await Task.sleep(for: random.withLock { $0.milliseconds(0...2500) })
        let end = ContinuousClock.now + patience
        while ContinuousClock.now < end, order.follower?.isDone == false {
            order.cancelling()
            if let answer = try? await cluster.api.call("POST", "/tasks/\(id)/cancel", timeout: .seconds(8)),
                answer.status == 202
            {
                return
            }
            try? await Task.sleep(for: .milliseconds(100))
        }
    }
}

import CZeroMQ
import Foundation
import Messages
import TestSupport
import Testing

@testable import Mesh

@Suite("Roles of the mesh")
struct RoleTests {
    /// The rows of the table in `docs/protocol.md`: from, to, and the types.
    private static let rows: [(from: String, to: String, types: [String])] = {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardizedFileURL
        let text = (try? String(contentsOf: root.appending(path: "docs/protocol.md"), encoding: .utf8)) ?? ""
        let section = text.components(separatedBy: "\n## Roles\n").last?.components(separatedBy: "\n## ").first ?? ""
        return section.split(separator: "\n").compactMap { line in
            let cells = line.split(separator: "|").map { $0.split { " `,".contains($0) }.map(String.init) }
            guard line.hasPrefix("| `"), cells.count == 3 else { return nil }
            return (cells[0][0], cells[1][0], cells[2])
        }
    }()

    @Test("The table of roles in docs/protocol.md is the one that the code checks")
    func document() {
        #expect(Self.rows.count == RoleRules.all.count)
        for (row, rule) in zip(Self.rows, RoleRules.all) {
            #expect(row.from == rule.from.rawValue && row.to == rule.to.rawValue)
            #expect(row.types == rule.types)
        }
    }

    @Test("Every request and subscription of the catalogue, but those of the handshake, has a rule")
    func complete() {
        let ruled = Set(RoleRules.all.flatMap(\.types))
        for type in Catalogue.all where type is any Request.Type || type is any Subscribe.Type {
            #expect(ruled.contains(type.type) != [Hello.type, Ping.type].contains(type.type), "\(type.type)")
        }
    }

    @Test("A message that the sender's role may not send reaches no handler, and a request of it is refused")
    func refused() async throws {
        try await withMesh(.ipc) { mesh in
            let reached = Recorded<String>()
            var handlers = Handlers.echoing()
            handlers.onRequest(DeviceDelete.self) { _, _ in
                reached.add("request")
                return Done()
            }
            handlers.onNotice(DeviceGone.self) { _, _ in reached.add("notice") }
            handlers.onSubscribe(ServiceWatch.self) { _, writer, _ in
                reached.add("subscription")
                writer.finish()
            }
            handlers.onRelay { _, _, _ in
                reached.add("relay")
                return true
            }
            let listener = try await Listener(
                mesh.transport.endpoint(in: mesh.directory), identity: Identity(role: .registry, name: "r"),
                handlers: handlers, reactor: mesh.serving, logger: mesh.logger)
            let link = Link(
                listener.endpoint, to: .registry, identity: Identity(role: .dispatcher, name: "d"),
                handlers: Handlers(), reactor: mesh.dialling, logger: mesh.logger)
            let peer = try await link.connected(within: .seconds(20))
            let fault = await #expect(throws: Fault.self) {
                try await peer.request(DeviceDelete(owner: .generate(), device: "box"))
            }
            #expect(fault?.code == .roleNotAllowed)
            #expect(fault?.message == "a dispatcher may not send device.delete to a registry")
            for session: UInt64 in [0, 7] {
                peer.send(DeviceGone(owner: .generate(), device: "box", generation: 1, reason: "x"), session: session)
            }
            let ended = Recorded<Fault?>()
            _ = peer.subscribe(ServiceWatch(), onItem: { _ in }, onEnd: { ended.add($0) })
            try await eventually("the end of the subscription") { ended.count == 1 }
            #expect(ended.all[0]?.code == .roleNotAllowed)
            #expect(try await peer.request(Echo(text: "fine")).text == "fine")
            #expect(reached.all.isEmpty)
            #expect(mesh.serving.counters.totalDropped[.role] == 4)
        }
    }
}

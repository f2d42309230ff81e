import Foundation
import Messages
import TestSupport
import Testing

@testable import Mesh

@Suite("Which endpoints may be used")
struct EndpointTests {
    @Test("tcp without keys is refused, on loopback only with --insecure-mesh, beyond it only with a flag of its own")
    func plain() throws {
        let loopback = ["tcp://127.0.0.1:7401", "tcp://localhost:7401", "tcp://[::1]:7401", "tcp://127.8.8.8:0"]
        let beyond = [
            "tcp://0.0.0.0:7401", "tcp://*:7401", "tcp://10.0.0.2:7401", "tcp://[::]:7401", "tcp://eth0:7401",
            "tcp://127.0.0.1.evil.example:7401", "tcp://localhost.evil.example:7401",
        ]
        for endpoint in loopback + beyond {
            #expect(throws: Fault.self, "\(endpoint)") { try MeshSecurity.local.check(endpoint) }
            try MeshSecurity(plain: .anywhere).check(endpoint)
        }
        for endpoint in loopback { try MeshSecurity.insecureLoopback.check(endpoint) }
        for endpoint in beyond {
            #expect(throws: Fault.self, "\(endpoint)") { try MeshSecurity.insecureLoopback.check(endpoint) }
        }
        for endpoint in ["ipc://@abstract", "ipc://*", "ipc://", "tcp://a:1;b:2", "udp://127.0.0.1:1", "nonsense"] {
            #expect(throws: Fault.self, "\(endpoint)") { try MeshSecurity(plain: .anywhere).check(endpoint) }
        }
    }

    @Test("The directory of a socket is made with mode 0700, and its socket is closed to other users")
    func directory() async throws {
        try await withMesh(.ipc) { mesh in
            let listener = try await mesh.listen(.echoing(), at: "ipc://\(mesh.directory.file("sockets/d"))")
            #expect(try Self.mode(mesh.directory.file("sockets")) == 0o700)
            #expect(try Self.mode(mesh.directory.file("sockets/d")) == 0o600)
            let link = mesh.dial(listener)
            #expect(try await link.request(Echo(text: "x"), deadline: .seconds(20)).text == "x")
        }
    }

    @Test("A directory that other users may write is refused at both ends", arguments: [0o770, 0o777, 0o1777])
    func writable(_ mode: Int) async throws {
        try await withMesh(.ipc) { mesh in
            let folder = try mesh.directory.folder("open")
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: folder)
            let listening = await #expect(throws: Fault.self) { try await mesh.listen(at: "ipc://\(folder)/d") }
            #expect(listening?.message.contains("may be written by other users") == true)
            let link = mesh.dial("ipc://\(folder)/d")
            let dialling = await #expect(throws: Fault.self) { try await link.connected(within: .seconds(1)) }
            #expect(dialling?.message.contains("may be written by other users") == true)
        }
    }

    @Test("A directory of another user is refused", .enabled(if: geteuid() == 0, "only root may give a directory away"))
    func foreign() async throws {
        try await withMesh(.ipc) { mesh in
            let folder = try mesh.directory.folder("foreign")
            #expect(chown(folder, 12345, 12345) == 0)
            let fault = await #expect(throws: Fault.self) { try await mesh.listen(at: "ipc://\(folder)/d") }
            #expect(fault?.message.contains("belongs to another user (12345)") == true)
        }
    }

    @Test("A secret key that other users may read is refused, and so is a key of another role")
    func keyFile() throws {
        let ring = try Keyring()
        let pair = try MeshKeyPair.generate()
        let paths = try pair.write(to: ring.directory.file("keys"), name: "g1", role: .gateway)
        #expect(try Self.mode(paths.key) == 0o600 && Self.mode(ring.directory.file("keys")) == 0o700)
        #expect(try String(contentsOfFile: paths.open, encoding: .utf8) == "\(pair.publicKey) gateway g1\n")
        #expect(try MeshKeyPair.load(paths.key).publicKey == pair.publicKey)
        #expect(throws: Fault.self) { try pair.write(to: ring.directory.file("keys"), name: "g1", role: .gateway) }
        func load(_ role: ServiceRole) throws {
            _ = try MeshSecurity.load(
                key: paths.key, allow: paths.open, plain: .nowhere, role: role, logger: ring.log.logger)
        }
        try load(.gateway)
        #expect(throws: Fault.self) { try load(.dispatcher) }
        #expect(chmod(paths.key, 0o644) == 0)
        #expect(throws: Fault.self) { try load(.gateway) }
    }

    private static func mode(_ path: String) throws -> Int {
        try #require(FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber).intValue
    }
}

import Foundation
import Messages
import TestSupport
import Testing

@testable import Executor

@Suite("Directories of tasks")
struct WorkspacesTests {
    private let folder: TemporaryDirectory
    private let workspaces: Workspaces
    private let conversation = ConversationID.generate()
    private let allowed: String

    init() throws {
        folder = try TemporaryDirectory()
        allowed = try folder.folder("allowed")
        _ = try folder.folder("allowed/project/deep")
        _ = try folder.folder("allowed-not")
        _ = try folder.folder("secret")
        workspaces = Workspaces(root: try folder.folder("workspaces"), allowed: [allowed])
    }

    private func refusal(_ cwd: String) -> String? {
        do {
            _ = try workspaces.directory(for: conversation, cwd: cwd)
            return nil
        } catch {
            let fault = error as? Fault
            #expect(fault?.code == .cwdNotAllowed)
            return fault?.message
        }
    }

    @Test("A conversation has its own directory and keeps it")
    func keepsConversationDirectory() throws {
        let path = try workspaces.directory(for: conversation, cwd: nil)
        #expect(path.hasSuffix("/workspaces/\(conversation)"))
        #expect(try workspaces.directory(for: conversation, cwd: nil) == path)
        #expect(try workspaces.directory(for: .generate(), cwd: nil) != path)
    }

    @Test("An allowed directory and everything below it can be used")
    func allowsDirectories() throws {
        for cwd in [allowed, allowed + "/", allowed + "/project/deep", allowed + "/project/../project"] {
            #expect(try workspaces.directory(for: conversation, cwd: cwd).contains("/allowed"))
        }
    }

    @Test("Any other directory is refused, with the option that allows it")
    func refusesDirectories() throws {
        let outside = [
            "/", "/etc", folder.file("secret"), folder.file("allowed-not"), allowed + "/../secret",
            allowed + "/project/../../secret", folder.path, folder.file("missing"),
        ]
        for cwd in outside {
            let message = try #require(refusal(cwd), "\(cwd)")
            #expect(message.contains(cwd))
            #expect(message.contains("--allow-dir"))
        }
    }

    @Test("A link does not lead out of an allowed directory")
    func linkDoesNotLeadOut() throws {
        let link = allowed + "/project/way-out"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: folder.file("secret"))
        #expect(refusal(link)?.contains("--allow-dir") == true)
        #expect(refusal(link + "/..") != nil)
    }

    @Test("A link that leads to an allowed directory is followed")
    func followsLinkIn() throws {
        let link = folder.file("way-in")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: allowed)
        #expect(try workspaces.directory(for: conversation, cwd: link).hasSuffix("/allowed"))
    }

    @Test("Errors name missing and invalid directories")
    func namesBadDirectories() throws {
        #expect(refusal(allowed + "/missing")?.contains("does not exist") == true)
        try folder.write("x", to: "allowed/file")
        #expect(refusal(allowed + "/file")?.contains("not a directory") == true)
        #expect(refusal("project")?.contains("absolute") == true)
        #expect(refusal("") != nil)
        #expect(refusal(allowed + "\0/../secret") != nil)
    }

    @Test("Nothing is allowed by default")
    func allowsNothingByDefault() throws {
        let none = Workspaces(root: try folder.folder("w2"), allowed: [])
        #expect(throws: Fault.self) { try none.directory(for: conversation, cwd: allowed) }
    }

    @Test("An allowed directory is announced as written and without its links")
    func announcesLinks() async throws {
        let link = folder.file("sources")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: allowed)
        let device = try await DeviceUnderTest.start { $0.allowDirs = [link, folder.file("missing")] }
        let told = try #require(try device.connection.all(DeviceRegister.self).first?.allowedDirs)
        #expect(told == [link, folder.file("missing"), try #require(Workspaces.resolve(allowed))])
        await device.stop()
    }

    @Test("A directory that does not answer is refused, and other lookups go on")
    func boundsLookups() async throws {
        let lookup = WorkspaceLookup(timeout: 0.2)
        let mount = DispatchSemaphore(value: 0)
        defer { for _ in 0..<ExecutorLimits.lookups { mount.signal() } }
        for _ in 0..<2 {
            let fault = await #expect(throws: Fault.self) {
                try await lookup.directory("/dead") {
                    mount.wait()
                    return "/dead"
                }
            }
            #expect(fault?.code == .cwdNotAllowed && fault?.message.contains("/dead") == true)
        }
        let other = WorkspaceLookup()
        #expect(try await other.directory("/well") { "/well" } == "/well")
    }
}

import Messages
import TestClient
import TestSupport
import Testing

@testable import Gateway

@Suite("A device's name as a target", .serialized)
struct TargetTests {
    private static let unknown = Fault(.deviceNotFound, "there is no such device")

    private func device(_ site: Site, _ id: String, _ name: String) -> Device {
        Device(owner: site.ada.id, id: id, name: name, status: .online, slots: Slots(used: 0, total: 5))
    }

    private func submit(_ site: Site, _ target: String) async throws -> APIResponse {
        try await site.api.call("POST", "/tasks", #"{"prompt":"x","target":"\#(target)"}"#)
    }

    @Test("A name is submitted as its device's id, exact names before other letter cases")
    func names() async throws {
        try await Site.with { site in
            site.registry.set(devices: [
                device(site, "a", "Linux - box"), device(site, "b", "mac"), device(site, "c", "Mac"),
            ])
            for (target, id) in [("Linux - box", "a"), ("linux - BOX", "a"), ("mac", "b"), ("Mac", "c")] {
                site.dispatcher.refuse([Self.unknown])
                let task = try await submit(site, target).expect(202)
                #expect(task["target"].string == id, "\(target)")
                #expect(site.dispatcher.submits.last?.target == .device(id), "\(target)")
            }
            #expect(site.dispatcher.submits.count == 4)
        }
    }

    @Test("An ambiguous name is refused with the ids, and nothing is submitted")
    func ambiguous() async throws {
        try await Site.with { site in
            site.registry.set(devices: [device(site, "b", "mac"), device(site, "c", "Mac")])
            site.dispatcher.refuse([Self.unknown])
            let answer = try await submit(site, "MAC")
            #expect(answer.status == 409 && answer.code == "target_ambiguous")
            #expect(answer.json["detail"].string?.contains("b, c") == true, "\(answer.json)")
            #expect(site.dispatcher.submits.isEmpty)
        }
    }

    @Test("An unknown name is answered like an unknown id, and a registry that is away is unavailable")
    func unknown() async throws {
        try await Site.with { site in
            site.dispatcher.refuse([Self.unknown])
            let answer = try await submit(site, "nowhere")
            #expect(answer.status == 404 && answer.code == "device_not_found")
            #expect(answer.json["detail"].string == Self.unknown.message)
            site.dispatcher.refuse([Self.unknown])
            site.registry.set(fault: Fault(.unavailable, "away"))
            #expect(try await submit(site, "nowhere").code == "unavailable")
            #expect(site.dispatcher.submits.isEmpty)
        }
    }

    @Test("An id, cloud and default are not looked up")
    func noLookup() async throws {
        try await Site.with { site in
            site.registry.set(devices: [device(site, "a", "cloud"), device(site, "b", "default")])
            for target in ["a", "cloud", "default"] {
                let task = try await submit(site, target).expect(202)
                #expect(task["target"].string == target)
            }
            #expect(site.registry.deviceLists == 0)
        }
    }

    @Test("A name may have 800 bytes")
    func long() async throws {
        try await Site.with { site in
            let name = String(repeating: "\u{1F600}", count: 200)
            site.registry.set(devices: [device(site, "a", name)])
            site.dispatcher.refuse([Self.unknown])
            let task = try await submit(site, name).expect(202)
            #expect(task["target"].string == "a")
            #expect(try await submit(site, String(repeating: "x", count: 801)).status == 422)
            #expect(site.dispatcher.submits.count == 1)
        }
    }
}

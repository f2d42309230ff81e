import Messages

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Cuts an owner's devices, which are sorted by name, then id, into pages.
enum DevicePage {
    /// Returns the page that `list` asks for. It also ends at ``RegistryLimits/pageBytes``, with at least one device.
    /// - Throws: ``Fault`` `invalid_request` for a limit or a cursor that no page gave.
    static func of(_ devices: [Device], _ list: DeviceList) throws -> DeviceListing {
        var matching = devices
        if let label = list.label { matching = matching.filter { DeviceMatch.hasLabel($0.labels, label) } }
        if let named = list.named { matching = DeviceMatch.find(named, in: matching, id: \.id, name: \.name) }
        guard let limit = list.limit else { return DeviceListing(devices: matching, total: matching.count) }
        guard (1...RegistryLimits.page).contains(limit) else {
            throw Fault(.invalidRequest, "'limit' must be 1 to \(RegistryLimits.page), not \(limit)")
        }
        let start = try list.before.map { cursor in
            let (name, id) = try read(cursor)
            return matching.firstIndex { ($0.name, $0.id) > (name, id) } ?? matching.count
        }
        var page: [Device] = []
        var bytes = 0
        let rest = matching[(start ?? 0)...]
        for device in rest.prefix(limit) {
            bytes += size(device)
            if bytes > RegistryLimits.pageBytes, !page.isEmpty { break }
            page.append(device)
        }
        let next = page.count < rest.count ? page.last.map { cursor($0.name, $0.id) } : nil
        return DeviceListing(devices: page, next: next, total: matching.count)
    }

    /// The place of a device in the list, which stays the same when the device is renamed or deleted meanwhile.
    private static func cursor(_ name: String, _ id: String) -> String {
        Data("\(id)\n\(name)".utf8).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
    }

    private static func read(_ cursor: String) throws -> (name: String, id: String) {
        let text = cursor.replacing("-", with: "+").replacing("_", with: "/")
        guard let bytes = Data(base64Encoded: text), let place = String(validating: bytes, as: UTF8.self),
            let end = place.firstIndex(of: "\n")
        else { throw Fault(.invalidRequest, "'before' is not the 'next' of a page") }
        return (String(place[place.index(after: end)...]), String(place[..<end]))
    }

    /// Approximate bytes of a device's texts.
    private static func size(_ device: Device) -> Int {
        let agents = device.agents.reduce(0) { sum, agent in
            let modes = agent.permissionModes?.reduce(0) { $0 + $1.rawValue.utf8.count + 3 } ?? 0
            return sum + agent.name.utf8.count + (agent.version ?? "").utf8.count + (agent.detail ?? "").utf8.count
                + modes
                + 100
        }
        let labels = device.labels?.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count + 6 } ?? 0
        let directories = device.allowedDirs?.reduce(0) { $0 + $1.utf8.count + 3 } ?? 0
        return device.name.utf8.count + agents + labels + directories + 1200
    }
}

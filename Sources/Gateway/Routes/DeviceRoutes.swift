import Hummingbird
import Messages

/// `GET /devices`, `PUT|DELETE /devices/{device}/default`, `PATCH|DELETE /devices/{device}`.
struct DeviceRoutes: Sendable {
    let directory: MeshDirectory

    var routes: [Endpoint] {
        [
            Endpoint(.get, "/devices", handler: list),
            Endpoint(.put, "/devices/{device}/default") { try await star($1, on: true) },
            Endpoint(.delete, "/devices/{device}/default") { try await star($1, on: false) },
            Endpoint(.patch, "/devices/{device}", handler: update),
            Endpoint(.delete, "/devices/{device}", handler: delete),
        ]
    }

    @Sendable private func list(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let label = try Query(request, known: ["label"]).text("label")
        var devices = try await directory.askRegistry(DeviceList(owner: context.owner), trace: context.trace).devices
        if let label { devices = devices.filter { Self.carries($0, label) } }
        return .json(ListBody(devices.map(DeviceBody.init)))
    }

    /// Whether a device has a label: `NAME` of any value, `NAME=VALUE` of that one.
    private static func carries(_ device: Device, _ label: String) -> Bool {
        let parts = label.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let value = device.labels?[parts[0]] else { return false }
        return parts.count == 1 || value == parts[1]
    }

    @Sendable private func update(_ request: Request, _ context: GatewayContext) async throws -> Response {
        var update = DeviceUpdate(owner: try context.owner, device: try device(context))
        let asked = try await request.json(DevicePatchBody.self, limit: GatewayLimits.textBody)
        switch asked.name {
        case .absent: break
        case .clear: update.name = ""
        case .set(let name):
            guard !name.isEmpty else {
                throw Problem.unprocessable("'name' must not be empty; null is the machine's own name again")
            }
            update.name = name
        }
        if let labels = asked.labels {
            update.set = labels.compactMapValues { $0 }
            update.remove = labels.filter { $0.value == nil }.keys.sorted()
        }
        guard update.name != nil || update.set != nil else {
            throw Problem.unprocessable("say the device's new 'name' or the 'labels' that change")
        }
        let listing = try await Problem.unprocessable { [update] in
            try update.check()
            return try await directory.askRegistry(update, trace: context.trace)
        }
        guard let device = listing.devices.first else {
            throw Fault(.deviceNotFound, "you have no device with this id")
        }
        return .json(DeviceBody(device))
    }

    @Sendable private func star(_ context: GatewayContext, on: Bool) async throws -> Response {
        _ = try await directory.askRegistry(
            DeviceStar(owner: context.owner, device: device(context), on: on), trace: context.trace)
        return .noContent
    }

    @Sendable private func delete(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let (owner, device) = (try context.owner, try device(context))
        // The registry has its session cut, wherever that is: else an executor that still runs would be connected and
        // in no list, until somebody restarts it.
        _ = try await directory.askRegistry(DeviceDelete(owner: owner, device: device), trace: context.trace)
        return .noContent
    }

    private func device(_ context: GatewayContext) throws -> String {
        guard let device = context.parameter("device"), (1...128).contains(device.utf8.count) else {
            throw Fault(.deviceNotFound, "you have no device with this id")
        }
        return device
    }
}

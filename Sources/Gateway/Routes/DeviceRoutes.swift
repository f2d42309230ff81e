import Hummingbird
import Messages

/// `GET /devices`, `PUT|DELETE /devices/{device}/default`, `PATCH|DELETE /devices/{device}`.
struct DeviceRoutes: Sendable {
    let client: LeaderClient

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
        let query = try Query(request, known: ["label", "limit", "before"])
        let list = DeviceList(
            owner: try context.owner, limit: try query.number("limit", in: 1...200) ?? 50,
            before: try query.text("before", in: 1...TextLimits.line), label: try query.text("label", in: 1...1000))
        var page = try await client.askRegistry(list, trace: context.trace)
        // A registry of an earlier version knows neither pages nor the label.
        if page.total == nil, let label = list.label {
            page.devices.removeAll { !DeviceMatch.hasLabel($0.labels, label) }
        }
        return .json(
            PageBody(
                items: page.devices.map(DeviceBody.init), next: page.next, total: page.total ?? page.devices.count))
    }

    @Sendable private func update(_ request: Request, _ context: GatewayContext) async throws -> Response {
        var update = DeviceUpdate(owner: try context.owner, device: try device(context))
        let patch = try await request.json(DevicePatchBody.self, limit: GatewayLimits.textBody)
        switch patch.name {
        case .absent: break
        case .clear: update.name = ""
        case .set(let name):
            guard !name.isEmpty else {
                throw Problem.unprocessable("'name' must not be empty; null restores the machine's own name")
            }
            update.name = name
        }
        if let labels = patch.labels {
            update.set = labels.compactMapValues { $0 }
            update.remove = labels.filter { $0.value == nil }.keys.sorted()
        }
        guard update.name != nil || update.set != nil else {
            throw Problem.unprocessable("the body needs the device's new 'name', or the 'labels' that change")
        }
        let listing = try await Problem.unprocessable { [update] in
            try update.check()
            return try await client.askRegistry(update, trace: context.trace)
        }
        guard let device = listing.devices.first else {
            throw Fault(.deviceNotFound, "you have no device with this id")
        }
        return .json(DeviceBody(device))
    }

    @Sendable private func star(_ context: GatewayContext, on: Bool) async throws -> Response {
        _ = try await client.askRegistry(
            DeviceStar(owner: context.owner, device: device(context), on: on), trace: context.trace)
        return .noContent
    }

    @Sendable private func delete(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let (owner, device) = (try context.owner, try device(context))
        // The registry also has the device's session closed, at whichever gateway: otherwise a running executor would
        // stay connected, but in no list, until it is restarted.
        _ = try await client.askRegistry(DeviceDelete(owner: owner, device: device), trace: context.trace)
        return .noContent
    }

    private func device(_ context: GatewayContext) throws -> String {
        guard let device = context.parameter("device"), (1...128).contains(device.utf8.count) else {
            throw Fault(.deviceNotFound, "you have no device with this id")
        }
        return device
    }
}

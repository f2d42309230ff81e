import Hummingbird
import Messages

/// `GET /devices`, `PUT|DELETE /devices/{device}/default`, `DELETE /devices/{device}`.
struct DeviceRoutes: Sendable {
    let directory: MeshDirectory

    var routes: [Endpoint] {
        [
            Endpoint(.get, "/devices", handler: list),
            Endpoint(.put, "/devices/{device}/default") { try await star($1, on: true) },
            Endpoint(.delete, "/devices/{device}/default") { try await star($1, on: false) },
            Endpoint(.delete, "/devices/{device}", handler: delete),
        ]
    }

    @Sendable private func list(_ request: Request, _ context: GatewayContext) async throws -> Response {
        _ = try Query(request, known: [])
        let listing = try await directory.askRegistry(DeviceList(owner: context.owner), trace: context.trace)
        return .json(ListJSON(items: listing.devices.map(DeviceJSON.init), total: listing.devices.count))
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

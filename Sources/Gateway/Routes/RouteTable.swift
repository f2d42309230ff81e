import HTTPTypes
import Hummingbird
import Messages

/// All routes of the gateway, and the router made of them.
struct RouteTable: Sendable {
    var routes: [Endpoint]
    private let drain: Drain

    init(accounts: Accounts, directory: MeshDirectory, tuning: GatewayTuning, drain: Drain) {
        self.drain = drain
        routes =
            HealthRoutes(accounts: accounts, directory: directory, drain: drain).routes
            + AuthRoutes(accounts: accounts).routes + TokenRoutes(accounts: accounts).routes
            + DeviceRoutes(directory: directory).routes + TaskRoutes(directory: directory).routes
            + ApprovalRoutes(directory: directory, accounts: accounts).routes
            + ConversationRoutes(directory: directory).routes + DefaultsRoutes(directory: directory).routes
            + EventRoutes(directory: directory, verifier: accounts.verifier, heartbeat: tuning.heartbeat).routes
            + SocketRoutes().routes
    }

    /// A responder that also says 405 with what is allowed, and 404 where there is nothing.
    func responder(verifier: TokenVerifier) -> some HTTPResponder<GatewayContext> {
        let router = Router(context: GatewayContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: TraceMiddleware())
        router.add(middleware: DrainMiddleware(drain: drain))
        let guarded = router.group().add(middleware: BearerGuard(verifier: verifier))
        for (path, routes) in Dictionary(grouping: routes, by: \.path) {
            let place = RouterPath(path)
            for route in routes {
                (route.guarded ? guarded : router.group()).on(place, method: route.method, use: route.handler)
            }
            let allowed = Self.allowed(routes.map(\.method))
            for method in Self.methods where !allowed.contains(method) {
                router.on(place, method: method) { _, _ -> Response in
                    throw Self.notAllowed(method, allowed: allowed)
                }
            }
        }
        return router.buildResponder()
    }

    private static let methods: [HTTPRequest.Method] = [
        .get, .head, .post, .put, .patch, .delete, .options, .trace, .connect,
    ]

    private static func allowed(_ methods: [HTTPRequest.Method]) -> [HTTPRequest.Method] {
        methods + (methods.contains(.get) ? [.head] : [])
    }

    private static func notAllowed(_ method: HTTPRequest.Method, allowed: [HTTPRequest.Method]) -> Problem {
        let list = allowed.map(\.rawValue).sorted().joined(separator: ", ")
        var problem = Problem(Fault(.methodNotAllowed, "\(method) is not possible here; possible: \(list)"))
        problem.fields[.allow] = list
        return problem
    }
}

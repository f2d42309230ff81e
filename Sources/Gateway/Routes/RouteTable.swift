import HTTPTypes
import Hummingbird
import Messages

/// Every route of the gateway, and the router made of them.
struct RouteTable: Sendable {
    let routes: [Endpoint]
    private let drain: Drain

    init(accounts: Accounts, client: LeaderClient, tuning: GatewayTuning, drain: Drain) {
        self.drain = drain
        routes =
            HealthRoutes(accounts: accounts, directory: client.directory, drain: drain).routes
            + AuthRoutes(accounts: accounts).routes + TokenRoutes(accounts: accounts).routes
            + DeviceRoutes(client: client).routes + TaskRoutes(client: client).routes
            + ApprovalRoutes(client: client, accounts: accounts).routes
            + ConversationRoutes(client: client).routes + DefaultsRoutes(client: client).routes
            + EventRoutes(client: client, verifier: accounts.verifier, heartbeat: tuning.heartbeat).routes
            + SocketRoutes().routes
    }

    /// Returns a responder that also answers 405 with the allowed methods, and 404 for unknown paths.
    func responder(verifier: TokenVerifier) -> some HTTPResponder<GatewayContext> {
        let router = Router(context: GatewayContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: TraceMiddleware())
        router.add(middleware: HostGuard())
        router.add(middleware: DrainMiddleware(drain: drain, exempt: pathsInDrain))
        let guarded = router.group().add(middleware: BearerGuard(verifier: verifier))
        for (path, routes) in Dictionary(grouping: routes, by: \.path) {
            let routerPath = RouterPath(path)
            for route in routes {
                (route.isGuarded ? guarded : router.group()).on(
                    routerPath, method: route.method, use: route.handler)
            }
            let allowed = Self.allowed(routes.map(\.method))
            for method in Self.methods where !allowed.contains(method) {
                router.on(routerPath, method: method) { _, _ -> Response in
                    throw Self.notAllowed(method, allowed: allowed)
                }
            }
        }
        return router.buildResponder()
    }

    private var pathsInDrain: Set<String> { Set(routes.filter(\.isAnsweredInDrain).map(\.path)) }

    private static let methods: [HTTPRequest.Method] = [
        .get, .head, .post, .put, .patch, .delete, .options, .trace, .connect,
    ]

    private static func allowed(_ methods: [HTTPRequest.Method]) -> [HTTPRequest.Method] {
        methods + (methods.contains(.get) ? [.head] : [])
    }

    private static func notAllowed(_ method: HTTPRequest.Method, allowed: [HTTPRequest.Method]) -> Problem {
        let list = allowed.map(\.rawValue).sorted().joined(separator: ", ")
        var problem = Problem(Fault(.methodNotAllowed, "\(method) is not allowed on this path; allowed: \(list)"))
        problem.fields[.allow] = list
        return problem
    }
}

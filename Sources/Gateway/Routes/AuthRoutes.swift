import Hummingbird
import Messages
import Synchronization

/// `POST /auth/login`.
struct AuthRoutes: Sendable {
    let accounts: Accounts
    private let throttle = Throttle()

    init(accounts: Accounts) { self.accounts = accounts }

    var routes: [Endpoint] { [Endpoint(.post, "/auth/login", guarded: false, handler: login)] }

    @Sendable private func login(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let body = try await request.json(LoginRequestBody.self)
        let name = String(Limits.beginning(of: body.username, characters: 64))
        if let pause = throttle.begin(name, context.address) {
            throw Problem(
                retryAfter: pause, "too many failed logins of this user from this address; try again later")
        }
        let (user, issued) = try await accounts.login(name: body.username, password: body.password)
        throttle.succeeded(name, context.address)
        context.logger.notice("user logged in", metadata: ["user": "\(user.id)"])
        return .json(
            LoginBody(
                token: issued.token, expiresAt: issued.record.expiresAt, user: UserBody(id: user.id, name: user.name)))
    }

    /// The ``LoginThrottle`` of this gateway. Callable from any thread.
    private final class Throttle: Sendable {
        private let value = Mutex(LoginThrottle())

        func begin(_ name: String, _ address: String) -> Duration? {
            value.withLock { $0.begin(name: name, address: address, now: .now) }
        }

        func succeeded(_ name: String, _ address: String) {
            value.withLock { $0.succeeded(name: name, address: address) }
        }
    }
}

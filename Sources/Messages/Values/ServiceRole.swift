/// The part of the mesh that a process (or one of several in a process) plays.
public struct ServiceRole: OpenSet {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The users' and executors' entry: HTTP and WebSockets.
    public static let gateway = ServiceRole(rawValue: "gateway")
    /// Knows devices and services.
    public static let registry = ServiceRole(rawValue: "registry")
    /// Owns tasks and their events.
    public static let dispatcher = ServiceRole(rawValue: "dispatcher")
    /// Runs agents on a device.
    public static let executor = ServiceRole(rawValue: "executor")
    /// A test, a benchmark or a tool.
    public static let tool = ServiceRole(rawValue: "tool")
}

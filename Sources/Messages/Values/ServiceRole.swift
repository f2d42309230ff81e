/// Which part of the mesh a process (or one of several in a process) is.
public struct ServiceRole: OpenSet {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let gateway = ServiceRole(rawValue: "gateway")
    public static let registry = ServiceRole(rawValue: "registry")
    public static let dispatcher = ServiceRole(rawValue: "dispatcher")
    public static let executor = ServiceRole(rawValue: "executor")
    /// A test, a benchmark or a tool.
    public static let tool = ServiceRole(rawValue: "tool")
}

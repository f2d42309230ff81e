/// A program to start.
struct Command: Sendable {
    var executable: String
    var arguments: [String]
    var environment: [String: String]
    var directory: String
}

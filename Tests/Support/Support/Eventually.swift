/// A timeout of a test.
public struct Overdue: Error, CustomStringConvertible {
    /// What the test waited for, how long, and what it saw instead.
    public let description: String

    public init(_ what: String, after: Duration, seen: String = "") {
        description = "not within \(after): \(what)" + (seen.isEmpty ? "" : "\n\(seen)")
    }
}

/// Polls `body`, at intervals of up to 50 ms, until it returns a value.
///
/// For a condition without a notification, such as a file or another process's state. An error of `body` counts as "not
/// yet"; the last one is part of the timeout's description.
/// - Throws: ``Overdue`` with `what`.
public func eventually<Value>(
    _ what: String, within limit: Duration = .seconds(60), isolation: isolated (any Actor)? = #isolation,
    _ body: () async throws -> Value?
) async throws -> Value {
    let end = ContinuousClock.now + limit
    var pause = Duration.milliseconds(2)
    var seen = ""
    while true {
        do {
            if let value = try await body() { return value }
            seen = ""
        } catch {
            seen = "last error: \(error)"
        }
        guard ContinuousClock.now < end else { throw Overdue(what, after: limit, seen: seen) }
        try await Task.sleep(for: pause)
        pause = min(pause * 2, .milliseconds(50))
    }
}

/// Polls `condition`, at intervals of up to 50 ms, until it holds.
/// - Throws: ``Overdue`` with `what`.
public func eventually(
    _ what: String, within limit: Duration = .seconds(60), isolation: isolated (any Actor)? = #isolation,
    _ condition: () async throws -> Bool
) async throws {
    let _: Bool = try await eventually(what, within: limit, isolation: isolation) { () -> Bool? in
        try await condition() ? true : nil
    }
}

/// Runs `body` and cancels it after `limit`, so that a test that waits for an event fails with a description.
/// - Throws: ``Overdue``, or what `body` throws.
public func deadline<Value: Sendable>(
    _ what: String, _ limit: Duration = .seconds(60), _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    try await withThrowingTaskGroup(of: Value?.self) { group in
        group.addTask { try await body() }
        group.addTask {
            try await Task.sleep(for: limit)
            return nil
        }
        defer { group.cancelAll() }
        guard let first = try await group.next(), let value = first else { throw Overdue(what, after: limit) }
        return value
    }
}

/// Something did not happen in time.
public struct Overdue: Error, CustomStringConvertible {
    /// What was waited for, how long, and what was seen instead.
    public let description: String

    public init(_ what: String, after: Duration, seen: String = "") {
        description = "not within \(after): \(what)" + (seen.isEmpty ? "" : "\n\(seen)")
    }
}

/// Asks again and again, at most every 50 ms, until `body` returns a value.
///
/// For what nobody announces: a file, a page of somebody else's state. An error of `body` counts as "not yet"
/// and is told when the time is up.
/// - Throws: ``Overdue`` that says `what` was waited for.
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

/// Asks again and again, at most every 50 ms, until `condition` holds.
/// - Throws: ``Overdue`` that says `what` was waited for.
public func eventually(
    _ what: String, within limit: Duration = .seconds(60), isolation: isolated (any Actor)? = #isolation,
    _ condition: () async throws -> Bool
) async throws {
    let _: Bool = try await eventually(what, within: limit, isolation: isolation) { () -> Bool? in
        try await condition() ? true : nil
    }
}

/// Runs `body` and cancels it when the time is up, so that a test that waits for an event ends with a sentence.
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

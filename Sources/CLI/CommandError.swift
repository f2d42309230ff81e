/// An error that a command reports: one sentence with what happened, which thing it concerns, why, and what to do next.
struct CommandError: Error, CustomStringConvertible, Equatable {
    let description: String

    init(_ description: String) { self.description = description }
}

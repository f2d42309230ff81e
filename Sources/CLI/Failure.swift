/// Why a command cannot do what it was asked: one sentence that says what, which and what next.
struct Failure: Error, CustomStringConvertible, Equatable {
    let description: String

    init(_ description: String) { self.description = description }
}

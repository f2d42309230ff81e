import Messages

/// Asks for `text` back, as it is or as the text says.
struct Echo: Request, Equatable {
    typealias Reply = Echo
    static let type = "test.echo"
    var text: String
}

/// A one-way message with a number.
struct Count: Message, Equatable {
    static let type = "test.count"
    var number: Int
}

/// Subscribes to numbers from `from` on.
struct Counting: Subscribe, Equatable {
    typealias Item = Count
    static let type = "test.counting"
    var from: Int
}

/// One-way bytes.
struct Bulk: BinaryMessage, Equatable {
    static let type = "test.bulk"
    var bytes: [UInt8]
}

/// A request that nobody serves.
struct Unserved: Request {
    typealias Reply = Done
    static let type = "test.unserved"
}

import Messages

/// Requests `text` back; some texts make the handler fail (see `Handlers.echoing`).
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

/// A one-way binary message.
struct Bulk: BinaryMessage, Equatable {
    static let type = "test.bulk"
    var bytes: [UInt8]
}

/// A request without a handler.
struct Unserved: Request {
    typealias Reply = Done
    static let type = "test.unserved"
}

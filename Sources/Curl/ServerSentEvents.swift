/// Parses a `text/event-stream` as its bytes arrive, in chunks cut anywhere (WHATWG HTML, section 9.2.6).
///
///     var parser = ServerSentEvents()
///     for try await chunk in response.body {
///         for event in try parser.push(chunk) { … }
///     }
public struct ServerSentEvents: Sendable {
    /// The largest line or event data in bytes: above the largest event plus its envelope.
    public static let longest = 16 << 20

    /// The `Last-Event-ID` to resume with; empty before the first.
    public private(set) var lastEventID = ""
    /// The reconnection time that the server requests, in milliseconds.
    public private(set) var retry: Int?

    private var line: [UInt8] = []
    private var data: [UInt8] = []
    private var hasData = false
    private var name = ""
    private var afterReturn = false
    private var started = false

    public init() {}

    /// Returns the events that `bytes` complete. The standard ignores an event without data.
    /// - Throws: ``CurlError`` with kind `tooLarge` when a line or an event has more than ``longest`` bytes.
    public mutating func push(_ bytes: [UInt8]) throws -> [ServerSentEvent] {
        var events: [ServerSentEvent] = []
        var start = 0
        while start < bytes.count {
            if afterReturn {
                afterReturn = false
                if bytes[start] == 0x0a {
                    start += 1
                    continue
                }
            }
            let end = bytes[start...].firstIndex { $0 == 0x0a || $0 == 0x0d } ?? bytes.count
            line += bytes[start..<end]
            guard line.count + data.count <= Self.longest else {
                throw CurlError(.tooLarge, "an event of the stream is over \(Self.longest) bytes")
            }
            guard end < bytes.count else { break }
            afterReturn = bytes[end] == 0x0d
            if let event = endLine() { events.append(event) }
            start = end + 1
        }
        return events
    }

    private mutating func endLine() -> ServerSentEvent? {
        defer { line.removeAll(keepingCapacity: true) }
        if !started {
            started = true
            if line.starts(with: [0xef, 0xbb, 0xbf]) { line.removeFirst(3) }
        }
        guard !line.isEmpty else { return dispatch() }
        let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.count
        // A comment, such as a heartbeat.
        guard colon > 0 else { return nil }
        var value = line.dropFirst(colon + 1)
        if value.first == UInt8(ascii: " ") { value.removeFirst() }
        switch String(decoding: line[..<colon], as: UTF8.self) {
        case "data":
            if hasData { data.append(0x0a) }
            data += value
            hasData = true
        case "event": name = String(decoding: value, as: UTF8.self)
        case "id": if !value.contains(0) { lastEventID = String(decoding: value, as: UTF8.self) }
        case "retry":
            let digits = value.allSatisfy { (0x30...0x39).contains($0) }
            if digits, let time = Int(String(decoding: value, as: UTF8.self)) { retry = time }
        default: break
        }
        return nil
    }

    private mutating func dispatch() -> ServerSentEvent? {
        defer { (data, hasData, name) = ([], false, "") }
        guard hasData else { return nil }
        return ServerSentEvent(id: lastEventID, name: name.isEmpty ? "message" : name, data: data)
    }
}

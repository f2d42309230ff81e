import Foundation
import Synchronization
import TestClient

/// A page in a browser: one WebSocket that follows many tasks and the devices. When it breaks, the page opens another one
/// and resumes each task at its cursor.
public final class BrowserPage: Sendable {
    private struct State {
        var followers: [String: Follower] = [:]
        var socket: TextSocket?
        var isReady = false
        var isClosed = false
        var socketCount = 0
        /// The devices by id, as last received.
        var devices: [String: JSON] = [:]
    }

    private static let devicesID = "the devices"
    private let api: API
    private let state = Mutex(State())

    public init(_ api: API) {
        self.api = api
        Thread.detachNewThread { [weak self] in
            while let self, !self.state.withLock({ $0.isClosed }) {
                self.serveSocket()
                usleep(.random(in: 30_000...150_000))
            }
        }
    }

    deinit { close() }

    /// Follows a task from a cursor on.
    public func follow(_ id: String, after: Int = 0) -> Follower {
        let follower = Follower(after: after)
        let socket = state.withLock { state in
            state.followers[id] = follower
            return state.isReady ? state.socket : nil
        }
        if let socket { subscribe(id, follower, socket) }
        return follower
    }

    /// The devices by id, as last received.
    public var devices: [String: JSON] { state.withLock { $0.devices } }
    /// The number of sockets opened so far.
    public var socketCount: Int { state.withLock { $0.socketCount } }

    public func close() {
        let socket = state.withLock { state in
            state.isClosed = true
            return state.socket
        }
        socket?.end()
    }

    /// Opens one socket and serves it to its end.
    private func serveSocket() {
        guard let socket = try? TextSocket(api.url, path: "/ws") else { return }
        let isClosed = state.withLock { state in
            state.socket = socket
            state.socketCount += 1
            return state.isClosed
        }
        if isClosed { return }
        socket.send(#"{"type":"auth","token":\#(JSON.quoted(api.token ?? ""))}"#)
        while let bytes = socket.receive() {
            guard let message = try? JSON(bytes) else { break }
            receive(message, socket)
        }
        state.withLock { state in
            state.socket = nil
            state.isReady = false
        }
    }

    private func subscribe(_ id: String, _ follower: Follower, _ socket: TextSocket) {
        guard !follower.isDone else { return }
        socket.send(#"{"type":"subscribe","id":"\#(id)","task":"\#(id)","after":\#(follower.cursor)}"#)
    }

    private func receive(_ message: JSON, _ socket: TextSocket) {
        let id = message["id"].string ?? ""
        switch message["type"].string {
        case "ready":
            let followers = state.withLock { state in
                state.isReady = true
                return state.followers
            }
            socket.send(#"{"type":"subscribe","id":"\#(Self.devicesID)","devices":true}"#)
            for (id, follower) in followers { subscribe(id, follower, socket) }
        case "event":
            guard let follower = follower(id) else { return }
            do { follower.add(try TaskEvent(message["event"])) } catch { follower.fail("\(error)") }
        case "end":
            if let follower = follower(id), !follower.isDone { follower.fail("its subscription ended before the task") }
        case "devices": updateDevices(message)
        case "error":
            // A temporary error is retried on the next socket.
            if ["unavailable", "storage_failed", "deadline_exceeded"].contains(message["code"].string) {
                socket.end()
            } else {
                follower(id)?.fail("the page received the error \(message["code"]): \(message["detail"])")
            }
        default: break
        }
    }

    private func follower(_ id: String) -> Follower? { state.withLock { $0.followers[id] } }

    private func updateDevices(_ message: JSON) {
        state.withLock { state in
            if message["snapshot"].bool == true { state.devices = [:] }
            for device in message["items"].items { state.devices[device["id"].string ?? ""] = device }
            for removed in message["removed"].items { state.devices[removed.string ?? ""] = nil }
        }
    }
}

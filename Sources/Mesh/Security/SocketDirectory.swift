import Messages

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The directory of an `ipc` endpoint, which guards its socket: only this user and root may put sockets into it.
struct SocketDirectory {
    private let endpoint: String
    private let socket: String
    private let path: String

    /// - Throws: ``Fault`` `invalid_request` for an endpoint without a path in the file system, which guards nothing.
    init(_ endpoint: String) throws {
        self.endpoint = endpoint
        let socket = String(endpoint.dropFirst("ipc://".count))
        self.socket = socket
        guard let first = socket.first, !"@*".contains(first) else {
            throw Fault(.invalidRequest, "'\(endpoint)' has no path; use ipc://PATH")
        }
        let parent = socket.lastIndex(of: "/").map { socket[..<$0] }
        path = parent.map { $0.isEmpty ? "/" : String($0) } ?? "."
    }

    /// Checks the directory's owner and mode.
    /// - Parameter make: Whether to make it, with mode 0700, when it is missing; its parent must exist.
    /// - Throws: ``Fault`` `invalid_request` that names the directory and what to do.
    func check(make: Bool) throws {
        if make { mkdir(path, 0o700) }
        var status = stat()
        guard lstat(path, &status) == 0 else {
            // A service that dials may start before the one that makes the directory.
            guard make else { return }
            throw refused("cannot be made: \(String(cString: strerror(errno)))")
        }
        try checkOwner(status)
        if status.st_mode & S_IFMT == S_IFLNK {
            guard stat(path, &status) == 0 else { throw refused("is a link that leads nowhere") }
            try checkOwner(status)
        }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw refused("is no directory") }
        guard status.st_mode & 0o022 == 0 else {
            throw refused("may be written by other users, so a socket there may be theirs; use one of mode 0700")
        }
    }

    /// Closes the bound socket to other users: the directory need not be closed to them, only protected from writing.
    func closeSocket() { chmod(socket, 0o600) }

    private func checkOwner(_ status: stat) throws {
        guard status.st_uid == geteuid() || status.st_uid == 0 else {
            throw refused("belongs to another user (\(status.st_uid)); use one of your own")
        }
    }

    private func refused(_ reason: String) -> Fault {
        Fault(.invalidRequest, "cannot use \(endpoint): the directory \(path) \(reason)")
    }
}

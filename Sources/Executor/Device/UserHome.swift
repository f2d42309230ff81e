#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The home directory of the user whose programs the agents are: their settings, logins and sessions are in it.
struct UserHome: Sendable {
    let path: String

    init(_ environment: [String: String]) { path = Machine.userHome(environment) }

    /// What is wrong with it, as a sentence with what to do; nil = nothing.
    var problem: String? {
        var found = stat()
        guard stat(path, &found) == 0 else {
            return
                "the home directory \(path) does not exist, so agents find no login and keep no session; create it, or "
                + "set HOME"
        }
        guard found.st_mode & S_IFMT == S_IFDIR else {
            return "the home directory \(path) is not a directory; set HOME"
        }
        guard access(path, W_OK | X_OK) != 0 else { return nil }
        return errno == EROFS
            ? "the home directory \(path) is read-only, so agents keep no login and no session; set HOME to another one"
            : "the home directory \(path) is not writable for this user, so agents keep no login and no session; set HOME "
                + "to another one"
    }
}

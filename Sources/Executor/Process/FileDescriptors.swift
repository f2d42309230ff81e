#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The file descriptors of this process: how many it may have, how many are left, and the sentence for people when none is.
enum FileDescriptors {
    /// The most that are kept back.
    private static let mostKept = 32

    /// The soft limit of open files of this process.
    static var limit: Int {
        var limit = rlimit()
        #if canImport(Glibc)
            let result = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        #else
            let result = getrlimit(RLIMIT_NOFILE, &limit)
        #endif
        return result == 0 ? Int(clamping: limit.rlim_cur) : 1024
    }

    /// What a descriptor may be for. The executor needs some for its link and looks at `/proc`, also while its tasks have
    /// used up the others; a new task takes its first one, for its spool, before its child's.
    enum Purpose {
        case child
        case spool
    }

    /// Whether a descriptor that was just opened has to be closed again. The lowest free number is given to each, so a
    /// high one means that most are in use.
    static func isReserved(_ descriptor: Int32, for purpose: Purpose) -> Bool {
        let limit = limit
        let kept = min(mostKept, limit / 4)
        return Int(descriptor) >= limit - (purpose == .child ? kept : kept / 2)
    }

    /// Why nothing could be opened; nil when the error is another one.
    static func exhaustion(_ error: Int32) -> String? {
        switch error {
        case EMFILE:
            "the executor is out of file descriptors (its limit is \(limit)); end some tasks, use fewer --slots, "
                + "or raise the hard limit (ulimit -Hn)"
        case ENFILE: "the system is out of file descriptors (fs.file-max)"
        default: nil
        }
    }

    /// The same for an error of Foundation.
    static func exhaustion(_ error: any Error) -> String? {
        let cause = (error as? CocoaError)?.underlying ?? error
        return (cause as? POSIXError).flatMap { exhaustion($0.code.rawValue) }
    }
}

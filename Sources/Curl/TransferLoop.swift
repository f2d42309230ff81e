import CCurl
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The one thread that drives libcurl's multi interface. Every libcurl call is made on it but
/// `curl_multi_wakeup`, the one that libcurl's manual allows from elsewhere.
final class TransferLoop: @unchecked Sendable {
    enum Command {
        case start(Transfer)
        case cancel(Transfer)
        case resume(Transfer)
    }

    private struct Inbox {
        var commands: [Command] = []
        var stopping = false
        var ended = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let multi: UnsafeMutableRawPointer
    private let userAgent: String
    private let noProxy: String
    private let inbox = Mutex(Inbox())
    // Only on the thread.
    private var handles: [ObjectIdentifier: EasyHandle] = [:]
    private var transfers: [UnsafeMutableRawPointer: EasyHandle] = [:]

    init(userAgent: String) {
        guard Self.global, let multi = curl_multi_init() else {
            preconditionFailure("libcurl cannot be initialised: out of memory")
        }
        self.multi = multi
        self.userAgent = userAgent
        self.noProxy = Self.directHosts()
    }

    /// Once a process, before the first thread.
    private static let global = curl_global_init(wegent_curl_global_all) == CURLE_OK

    /// This machine is reached directly, whatever proxy the environment names.
    private static func directHosts() -> String {
        let local = "localhost,127.0.0.1,::1"
        let named = getenv("no_proxy") ?? getenv("NO_PROXY")
        return named.map { String(cString: $0) + "," + local } ?? local
    }

    func start() {
        let context = Unmanaged.passRetained(self).toOpaque()
        #if canImport(Darwin)
            var thread: pthread_t?
        #else
            var thread = pthread_t()
        #endif
        // Signals belong to the threads of the program, not to this one.
        var (all, before) = (sigset_t(), sigset_t())
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, &before)
        let result = pthread_create(&thread, nil, Self.entry, context)
        pthread_sigmask(SIG_SETMASK, &before, nil)
        precondition(result == 0, "no thread for libcurl: the system has reached its limit of threads")
        #if canImport(Darwin)
            if let thread { pthread_detach(thread) }
        #else
            pthread_detach(thread)
        #endif
    }

    #if canImport(Darwin)
        private static let entry: @convention(c) (UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? = { context in
            Unmanaged<TransferLoop>.fromOpaque(context).takeRetainedValue().run()
            return nil
        }
    #else
        private static let entry: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
            guard let context else { return nil }
            Unmanaged<TransferLoop>.fromOpaque(context).takeRetainedValue().run()
            return nil
        }
    #endif

    /// Hands a command to the thread; false when the loop has stopped and nothing will come of it.
    @discardableResult
    func post(_ command: Command) -> Bool {
        inbox.withLock { inbox in
            guard !inbox.stopping else { return false }
            inbox.commands.append(command)
            // Under the lock, so that the handle cannot be freed meanwhile; one wake for many commands.
            if inbox.commands.count == 1 { curl_multi_wakeup(multi) }
            return true
        }
    }

    /// Ends every transfer and the thread; the caller need not wait.
    func stop() {
        inbox.withLock { inbox in
            guard !inbox.stopping else { return }
            inbox.stopping = true
            curl_multi_wakeup(multi)
        }
    }

    /// Returns when the thread has freed everything.
    func ended() async {
        await withCheckedContinuation { continuation in
            let over = inbox.withLock { inbox in
                if !inbox.ended { inbox.waiters.append(continuation) }
                return inbox.ended
            }
            if over { continuation.resume() }
        }
    }

    // MARK: On the thread

    private func run() {
        while true {
            let (commands, stopping) = inbox.withLock { inbox in
                defer { inbox.commands = [] }
                return (inbox.commands, inbox.stopping)
            }
            for command in commands { obey(command) }
            if stopping { break }
            var running: Int32 = 0
            curl_multi_perform(multi, &running)
            finishDone()
            // libcurl shortens the wait to its own next timer.
            curl_multi_poll(multi, nil, 0, 60_000, nil)
        }
        close()
    }

    private func obey(_ command: Command) {
        switch command {
        case .start(let transfer): begin(transfer)
        case .cancel(let transfer):
            if let handle = handles[ObjectIdentifier(transfer)] { remove(handle) }
            transfer.finish(.failure(CancellationError()))
        case .resume(let transfer):
            if let handle = handles[ObjectIdentifier(transfer)] { curl_easy_pause(handle.pointer, CURLPAUSE_CONT) }
        }
    }

    private func begin(_ transfer: Transfer) {
        // A task that was cancelled before it started says so before its start arrives.
        guard !transfer.isOver else { return }
        do {
            let handle = try EasyHandle(transfer, userAgent: userAgent, noProxy: noProxy)
            let code = curl_multi_add_handle(multi, handle.pointer)
            guard code == CURLM_OK else { throw CurlError(.other, String(cString: curl_multi_strerror(code))) }
            handles[ObjectIdentifier(transfer)] = handle
            transfers[handle.pointer] = handle
        } catch {
            transfer.finish(.failure(error))
        }
    }

    private func finishDone() {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            var easy: UnsafeMutableRawPointer?
            let code = wegent_curl_done(message, &easy)
            guard let easy, let handle = transfers[easy] else { continue }
            let end: Result<Void, any Error> = code == CURLE_OK ? .success(()) : .failure(handle.error(code))
            remove(handle)
            handle.transfer.finish(end)
        }
    }

    private func remove(_ handle: EasyHandle) {
        curl_multi_remove_handle(multi, handle.pointer)
        handles[ObjectIdentifier(handle.transfer)] = nil
        transfers[handle.pointer] = nil
    }

    private func close() {
        for handle in Array(handles.values) {
            remove(handle)
            handle.transfer.finish(.failure(CurlError(.closed, "the HTTP client was shut down")))
        }
        curl_multi_cleanup(multi)
        let waiters = inbox.withLock { inbox in
            inbox.ended = true
            defer { inbox.waiters = [] }
            return inbox.waiters
        }
        for waiter in waiters { waiter.resume() }
    }
}

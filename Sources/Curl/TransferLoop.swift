import CCurl
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The one thread that drives libcurl's multi interface. It makes every libcurl call except `curl_multi_wakeup`, the one
/// that libcurl's manual allows on other threads.
final class TransferLoop: @unchecked Sendable {
    enum Command {
        case start(Transfer)
        case cancel(Transfer)
        case resume(Transfer)
    }

    private struct CommandQueue {
        var commands: [Command] = []
        var isStopping = false
        var hasEnded = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let multi: UnsafeMutableRawPointer
    private let userAgent: String
    private let noProxy: String
    private let queue = Mutex(CommandQueue())
    // Only touched on the thread.
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

    /// Initialises libcurl once per process, before the first thread starts.
    private static let global = curl_global_init(wegent_curl_global_all) == CURLE_OK

    /// Returns the hosts to reach without a proxy: those of the environment, and always this machine.
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
        // All signals are masked, so that the program's own threads handle them.
        var (all, before) = (sigset_t(), sigset_t())
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, &before)
        let result = pthread_create(&thread, nil, Self.entry, context)
        pthread_sigmask(SIG_SETMASK, &before, nil)
        precondition(result == 0, "cannot start a thread for libcurl: the system has reached its limit of threads")
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

    /// Queues a command; false when the loop has stopped and the command was dropped.
    @discardableResult
    func post(_ command: Command) -> Bool {
        queue.withLock { queue in
            guard !queue.isStopping else { return false }
            queue.commands.append(command)
            // Under the lock, so that the handle cannot be freed meanwhile. One wakeup serves many commands.
            if queue.commands.count == 1 { curl_multi_wakeup(multi) }
            return true
        }
    }

    /// Ends every transfer and the thread, without waiting.
    func stop() {
        queue.withLock { queue in
            guard !queue.isStopping else { return }
            queue.isStopping = true
            curl_multi_wakeup(multi)
        }
    }

    /// Returns when the thread has freed everything.
    func ended() async {
        await withCheckedContinuation { continuation in
            let hasEnded = queue.withLock { queue in
                if !queue.hasEnded { queue.waiters.append(continuation) }
                return queue.hasEnded
            }
            if hasEnded { continuation.resume() }
        }
    }

    // MARK: On the thread

    private func run() {
        while true {
            let (commands, isStopping) = queue.withLock { queue in
                defer { queue.commands = [] }
                return (queue.commands, queue.isStopping)
            }
            for command in commands { execute(command) }
            if isStopping { break }
            var running: Int32 = 0
            curl_multi_perform(multi, &running)
            finishDone()
            // libcurl shortens the wait to its own next timer.
            curl_multi_poll(multi, nil, 0, 60_000, nil)
        }
        close()
    }

    private func execute(_ command: Command) {
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
        // A task cancelled early posts its cancel before its start.
        guard !transfer.isEnded else { return }
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
        let waiters = queue.withLock { queue in
            queue.hasEnded = true
            defer { queue.waiters = [] }
            return queue.waiters
        }
        for waiter in waiters { waiter.resume() }
    }
}

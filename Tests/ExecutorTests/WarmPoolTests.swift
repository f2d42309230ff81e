import Messages
import Synchronization
import TestSupport
import Testing

@testable import Executor

@Suite("Processes that stay warm between turns")
struct WarmPoolTests {
    private final class KeptProcess: WarmProcess {
        private let state = Mutex((isUsable: true, isEnded: false))

        var isUsable: Bool { state.withLock { $0.isUsable } }
        var isEnded: Bool { state.withLock { $0.isEnded } }
        func spoil() { state.withLock { $0.isUsable = false } }
        func shutDown(grace: Double) async { state.withLock { $0.isEnded = true } }
    }

    private let conversation = ConversationID.generate()

    @Test("A kept process is taken once, by its own conversation")
    func takesOnce() async {
        let pool = WarmPool<KeptProcess>(limit: 60, most: 2)
        let process = KeptProcess()
        await pool.keep(process, of: conversation)
        #expect(await pool.take(.generate()) == nil)
        #expect(await pool.take(conversation) === process)
        #expect(await pool.take(conversation) == nil)
        #expect(!process.isEnded)
    }

    @Test("A process that takes no other turn is ended, and so is a second one of a conversation")
    func endsUseless() async {
        let pool = WarmPool<KeptProcess>(limit: 60, most: 2)
        let (spoilt, first, second) = (KeptProcess(), KeptProcess(), KeptProcess())
        spoilt.spoil()
        await pool.keep(spoilt, of: conversation)
        await pool.keep(first, of: conversation)
        await pool.keep(second, of: conversation)
        #expect(spoilt.isEnded && second.isEnded && !first.isEnded)
    }

    @Test("The process that was idle for longest makes room, and each ends after its time")
    func expires() async throws {
        let pool = WarmPool<KeptProcess>(limit: 60, most: 1)
        let (first, second) = (KeptProcess(), KeptProcess())
        await pool.keep(first, of: conversation)
        await pool.keep(second, of: .generate())
        try await eventually("the end of the first") { first.isEnded }
        #expect(!second.isEnded)
        let short = WarmPool<KeptProcess>(limit: 0, most: 2)
        let third = KeptProcess()
        await short.keep(third, of: conversation)
        try await eventually("its end") { third.isEnded }
        #expect(await short.take(conversation) == nil)
    }

    @Test("After the end of the pool no process stays")
    func shutsDown() async {
        let pool = WarmPool<KeptProcess>(limit: 60, most: 2)
        let (kept, late) = (KeptProcess(), KeptProcess())
        await pool.keep(kept, of: conversation)
        await pool.shutDown()
        await pool.keep(late, of: conversation)
        #expect(kept.isEnded && late.isEnded)
    }
}

import Testing

@testable import Executor

@Suite("What is logged while there is no connection")
struct WaitReportTests {
    private let start = ContinuousClock.now

    @Test("A lasting cause is logged at once and then each minute, with the time that has passed")
    func eachMinute() {
        var report = WaitReport()
        let logged = (0..<130).compactMap { report.failed("refused", at: start + .seconds($0)) }
        #expect(logged == [0, 60, 120])
    }

    @Test("Two causes in turn are logged each minute too")
    func alternating() {
        var report = WaitReport()
        let logged = (0..<120).compactMap { report.failed($0.isMultiple(of: 2) ? "a" : "b", at: start + .seconds($0)) }
        #expect(logged == [0, 1, 60, 61])
    }

    @Test("A server that words each refusal anew does not fill the log")
    func bounded() {
        var report = WaitReport()
        let logged = (0..<60).compactMap { report.failed("no. \($0)", at: start + .seconds($0)) }
        #expect(logged.count == 9)
    }

    @Test("After a connection the same cause is logged again")
    func again() {
        var report = WaitReport()
        #expect(report.failed("a", at: start) == 0)
        report.connected()
        #expect(report.failed("a", at: start + .seconds(5)) == 0)
    }
}

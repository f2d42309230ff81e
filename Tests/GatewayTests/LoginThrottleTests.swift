import Testing

@testable import Gateway

@Suite("Login throttle")
struct LoginThrottleTests {
    private let start = ContinuousClock.now

    @Test("After five failures the pauses double, up to five minutes")
    func pauses() {
        var throttle = LoginThrottle()
        for _ in 0..<5 { #expect(throttle.begin(name: "ada", address: "a", now: start) == nil) }
        var now = start
        for seconds in [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300] {
            #expect(throttle.begin(name: "ada", address: "a", now: now) == .seconds(seconds))
            now += .seconds(seconds)
            #expect(throttle.begin(name: "ada", address: "a", now: now) == nil)
        }
    }

    @Test("Other users and addresses are not limited, and a success resets the failures")
    func others() {
        var throttle = LoginThrottle()
        for _ in 0..<5 { _ = throttle.begin(name: "ada", address: "a", now: start) }
        #expect(throttle.begin(name: "ada", address: "a", now: start) != nil)
        #expect(throttle.begin(name: "ada", address: "b", now: start) == nil)
        #expect(throttle.begin(name: "bob", address: "a", now: start) == nil)
        throttle.succeeded(name: "ada", address: "a")
        #expect(throttle.begin(name: "ada", address: "a", now: start) == nil)
    }

    @Test("One address that tries many names is limited")
    func dictionary() {
        var throttle = LoginThrottle()
        for number in 0..<50 { #expect(throttle.begin(name: "user\(number)", address: "a", now: start) == nil) }
        #expect(throttle.begin(name: "another", address: "a", now: start) != nil)
        #expect(throttle.begin(name: "another", address: "b", now: start) == nil)
    }

    @Test("After 15 minutes failures are forgotten")
    func memory() {
        var throttle = LoginThrottle()
        for _ in 0..<5 { _ = throttle.begin(name: "ada", address: "a", now: start) }
        let later = start + .seconds(901)
        for _ in 0..<5 { #expect(throttle.begin(name: "ada", address: "a", now: later) == nil) }
        #expect(throttle.begin(name: "ada", address: "a", now: later) == .seconds(1))
    }

    @Test("The number of remembered names and addresses is bounded")
    func bound() {
        var throttle = LoginThrottle()
        for number in 0..<LoginThrottle.capacity * 2 {
            _ = throttle.begin(name: "u", address: "\(number)", now: start + .milliseconds(number))
        }
        #expect(throttle.count <= LoginThrottle.capacity + 2)
    }
}

/// Where keys come from: the terminal, or what a chat leaves of it.
protocol KeySource: AnyObject, Sendable {
    /// Starts to deliver keys; what was typed before is not delivered.
    /// - Parameters:
    ///   - onKeys: Called with the bytes of each read.
    ///   - continued: Called after the process was stopped and runs again.
    /// - Returns: false when there are none to be had.
    func begin(_ onKeys: @escaping @Sendable ([UInt8]) -> Void, continued: @escaping @Sendable () -> Void) -> Bool

    /// Stops. Idempotent.
    func end()
}

extension Keyboard: KeySource {}

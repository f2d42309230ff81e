import NIOCore

/// How much one WebSocket may send: two buckets, of bytes and of frames, that fill at a rate. A value.
struct ReadBudget: Sendable {
    /// What may be sent each second, and at once after a pause.
    struct Rate: Sendable, Equatable {
        var bytes: Int
        var frames: Int
        /// The size of the buckets, in seconds of the rate.
        var burst: Double
    }

    private var bytes: Double
    private var frames: Double
    private var filledAt: NIODeadline

    init(_ rate: Rate, now: NIODeadline) {
        bytes = Double(rate.bytes) * rate.burst
        frames = Double(rate.frames) * rate.burst
        filledAt = now
    }

    /// Fills the buckets, and takes what was read. What is taken beyond them is a debt.
    mutating func take(bytes: Int, frames: Int, at rate: Rate, now: NIODeadline) {
        let seconds = Double(max(0, (now - filledAt).nanoseconds)) / 1e9
        filledAt = now
        let (byteRate, frameRate) = (Double(rate.bytes), Double(rate.frames))
        self.bytes = min(byteRate * rate.burst, self.bytes + byteRate * seconds) - Double(bytes)
        self.frames = min(frameRate * rate.burst, self.frames + frameRate * seconds) - Double(frames)
    }

    /// How long nothing may be read; nil = reading goes on. A debt is paid in steps of at most ``GatewayLimits/readPause``:
    /// the rate may rise meanwhile.
    func pause(at rate: Rate) -> TimeAmount? {
        let debt = max(-bytes / Double(rate.bytes), -frames / Double(rate.frames))
        guard debt > 0 else { return nil }
        return min(.nanoseconds(Int64(debt * 1e9) + 1_000_000), TimeAmount(GatewayLimits.readPause))
    }
}

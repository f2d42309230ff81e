import Messages

extension Timestamp {
    /// How far a device's clock may differ from the dispatcher's, in ms: more than a wrong time zone, and less than what
    /// would sort or show a task's events out of all order.
    private static let tolerance: Int64 = 86_400_000

    /// Returns a device's time, moved to within a day of the dispatcher's clock.
    func clamped(around now: Timestamp) -> Timestamp {
        let range = now.milliseconds - Self.tolerance...now.milliseconds + Self.tolerance
        return Timestamp(milliseconds: min(max(milliseconds, range.lowerBound), range.upperBound))
    }
}

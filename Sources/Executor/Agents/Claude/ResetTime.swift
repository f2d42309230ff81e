import Messages

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

/// The time of a reset as Claude Code writes it for people: `resets 9:31pm (UTC)`, `resets Dec 3, 9am (Europe/Berlin)`,
/// or seconds since 1970 behind a bar, as older versions do.
enum ResetTime {
    /// Seconds by which a reset may be past: the service may refuse for a while longer, and the device's clock be ahead. A
    /// later refusal names no reset, so that a task does not try again for ever.
    static let lateness = 600.0

    private static let months = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]

    /// Returns the moment that `text` names, the one nearest after `now` less ``lateness`` where it gives no date; nil where it names none.
    static func find(in text: String, now: Timestamp = .now()) -> Timestamp? {
        epoch(in: text) ?? clock(in: text, now: now)
    }

    private static func epoch(in text: String) -> Timestamp? {
        guard let bar = text.lastIndex(of: "|") else { return nil }
        let digits = text[text.index(after: bar)...].prefix { $0.isASCII && $0.isNumber }
        return Double(digits).flatMap(ClaudeLimit.moment)
    }

    private static func clock(in text: String, now: Timestamp) -> Timestamp? {
        let pattern =
            #/resets\s+(?:at\s+)?(?:([A-Za-z]{3})[a-z]*\s+(\d{1,2}),?\s+(?:(\d{4}),?\s+)?(?:at\s+)?)?(\d{1,2})(?::(\d{2}))?\s*([ap])m(?:\s*\(([^)]+)\))?/#
            .ignoresCase()
        guard let match = text.firstMatch(of: pattern), let hour = Int(match.4), (1...12).contains(hour) else {
            return nil
        }
        let minute = match.5.flatMap { Int($0) } ?? 0
        let isAfternoon = match.6.lowercased() == "p"
        let zone = match.7.map(String.init)
        let seconds = ((hour % 12) + (isAfternoon ? 12 : 0)) * 3600 + minute * 60
        let today = now.adding(seconds: offset(of: zone, at: now)).description.prefix(10)
        guard let month = match.1.flatMap({ months.firstIndex(of: $0.lowercased()) }), let day = match.2 else {
            guard let time = instant(String(today), seconds, zone) else { return nil }
            return time.adding(seconds: lateness) > now ? time : time.adding(seconds: 86_400)
        }
        func date(_ year: String) -> Timestamp? {
            instant("\(year)-\(padded(month + 1))-\(padded(Int(day) ?? 0))", seconds, zone)
        }
        if let year = match.3 { return date(String(year)) }
        let year = String(today.prefix(4))
        guard let time = date(year) else { return nil }
        // In December a reset in January names no year.
        return time.adding(seconds: 86_400) > now ? time : date("\((Int(year) ?? 0) + 1)")
    }

    /// A time of day in a zone as a moment.
    private static func instant(_ date: String, _ seconds: Int, _ zone: String?) -> Timestamp? {
        guard let midnight = Timestamp("\(date)T00:00:00Z") else { return nil }
        let local = midnight.adding(seconds: Double(seconds))
        let first = local.adding(seconds: -offset(of: zone, at: local))
        return local.adding(seconds: -offset(of: zone, at: first))
    }

    /// Seconds east of Greenwich. Claude Code names the device's own zone, so that the device's clock stands in for a zone
    /// that this build does not know.
    private static func offset(of zone: String?, at moment: Timestamp) -> Double {
        if let zone {
            if ["UTC", "GMT", "Etc/UTC"].contains(zone) { return 0 }
            let date = Date(timeIntervalSince1970: Double(moment.milliseconds) / 1000)
            if let known = TimeZone(identifier: zone) { return Double(known.secondsFromGMT(for: date)) }
        }
        var time = time_t(moment.milliseconds / 1000)
        var parts = tm()
        localtime_r(&time, &parts)
        return Double(parts.tm_gmtoff)
    }

    private static func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}

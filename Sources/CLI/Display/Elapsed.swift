/// Times as text for people.
enum Elapsed {
    /// `3.2 s`, `1:05`, `2:03:09`.
    static func clock(_ seconds: Double) -> String {
        let seconds = max(0, seconds)
        if seconds < 10 { return "\(Int(seconds)).\(Int(seconds * 10) % 10) s" }
        if seconds < 60 { return "\(Int(seconds)) s" }
        let whole = Int(seconds)
        let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60)
        let tail = (rest < 10 ? "0" : "") + "\(rest)"
        guard hours > 0 else { return "\(minutes):\(tail)" }
        return "\(hours):" + (minutes < 10 ? "0" : "") + "\(minutes):\(tail)"
    }

    /// `now`, `12 s ago`, `5 min ago`, `3 h ago`, `2 days ago`.
    static func ago(_ seconds: Double) -> String {
        switch seconds {
        case ..<2: "now"
        case ..<60: "\(Int(seconds)) s ago"
        case ..<3600: "\(Int(seconds / 60)) min ago"
        case ..<172_800: "\(Int(seconds / 3600)) h ago"
        default: "\(Int(seconds / 86_400)) days ago"
        }
    }

    /// `in 6 days`, `in 3 h`, `expired`.
    static func until(_ seconds: Double) -> String {
        switch seconds {
        case ...0: "expired"
        case ..<3600: "in \(Int((seconds / 60).rounded(.up))) min"
        case ..<172_800: "in \(Int((seconds / 3600).rounded())) h"
        default: "in \(Int((seconds / 86_400).rounded())) days"
        }
    }
}

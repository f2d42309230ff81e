/// Which device a person means by a name or an id.
enum DeviceChoice {
    /// An id is taken before a name, an exact name before one in other letter case.
    /// - Throws: ``Failure`` when there is none, with what there is, or more than one, with their ids.
    static func find(_ text: String, in devices: [DeviceItem]) throws -> DeviceItem {
        if let device = devices.first(where: { $0.id == text }) { return device }
        let exact = devices.filter { $0.name == text }
        let matches = exact.isEmpty ? devices.filter { $0.name.lowercased() == text.lowercased() } : exact
        if let only = matches.first, matches.count == 1 { return only }
        if matches.isEmpty {
            let names = devices.map { "'\(PlainSight.line($0.name))'" }.joined(separator: ", ")
            throw Failure(
                devices.isEmpty
                    ? "there is no device '\(text)': you have none yet; start one with `wegent-executor --mode local`"
                    : "there is no device '\(text)'; you have \(names)")
        }
        let ids = matches.map(\.id).joined(separator: ", ")
        throw Failure("\(matches.count) devices are named '\(text)'; say which one by its id: \(ids)")
    }
}

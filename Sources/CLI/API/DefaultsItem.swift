import Messages

/// The answer of `/me/defaults`.
struct DefaultsItem: Codable, Sendable {
    /// What the user has set; flat beside ``effective``.
    var chosen: Choices
    /// What is in force.
    var effective: Choices

    init(from decoder: any Decoder) throws {
        chosen = try Choices(from: decoder)
        effective = try decoder.container(keyedBy: CodingKeys.self).decode(Choices.self, forKey: .effective)
    }

    func encode(to encoder: any Encoder) throws {
        try chosen.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(effective, forKey: .effective)
    }

    enum CodingKeys: String, CodingKey { case effective }
}

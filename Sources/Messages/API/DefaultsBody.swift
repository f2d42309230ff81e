/// ``Choices`` over HTTP, with `null` for each choice that was not made.
public struct ChoicesBody: Codable, Sendable, Equatable {
    /// The choices.
    public var choices: Choices

    public init(_ choices: Choices) { self.choices = choices }

    public init(from decoder: any Decoder) throws { choices = try Choices(from: decoder) }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Choices.CodingKeys.self)
        try container.encode(choices.priority, forKey: .priority)
        try container.encode(choices.queueTTLS, forKey: .queueTTLS)
        try container.encode(choices.ifOffline, forKey: .ifOffline)
        try container.encode(choices.onDisconnect, forKey: .onDisconnect)
        try container.encode(choices.graceS, forKey: .graceS)
        try container.encode(choices.timeoutS, forKey: .timeoutS)
        try container.encode(choices.idleTimeoutS, forKey: .idleTimeoutS)
        try container.encode(choices.permissionMode, forKey: .permissionMode)
        try container.encode(choices.background, forKey: .background)
        try container.encode(choices.onLimit, forKey: .onLimit)
    }
}

/// An owner's defaults over HTTP (`/me/defaults`): the chosen ones flat, as they are patched, and `effective`.
public struct DefaultsBody: Codable, Sendable, Equatable {
    /// The owner's own choices.
    public var chosen: Choices
    /// The choices in force: the owner's, and those of the service where the owner made none.
    public var effective: Choices

    public init(_ view: DefaultsView) {
        chosen = view.chosen
        effective = view.effective
    }

    public init(from decoder: any Decoder) throws {
        chosen = try Choices(from: decoder)
        effective = try decoder.container(keyedBy: Key.self).decode(Choices.self, forKey: .effective)
    }

    public func encode(to encoder: any Encoder) throws {
        try ChoicesBody(chosen).encode(to: encoder)
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(ChoicesBody(effective), forKey: .effective)
    }

    private enum Key: String, CodingKey { case effective }
}

/// The body of `PATCH /me/defaults`: a JSON merge patch (RFC 7396) of the choices.
public struct DefaultsPatchBody: Codable, Sendable, Equatable {
    /// Choices to set; absent ones stay as they are.
    public var set: Choices
    /// The names of the choices that go back to the service's default.
    public var clear: [String]
    private var unknown: [String] = []

    public init(set: Choices = Choices(), clear: [String] = []) {
        self.set = set
        self.clear = clear
    }

    public init(from decoder: any Decoder) throws {
        set = try Choices(from: decoder)
        let container = try decoder.container(keyedBy: Name.self)
        let names = container.allKeys.map(\.stringValue).sorted()
        unknown = names.filter { !Choices.names.contains($0) }
        clear = try names.filter { name in
            guard Choices.names.contains(name) else { return false }
            return try container.decodeNil(forKey: Name(stringValue: name))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        try set.encode(to: encoder)
        var container = encoder.container(keyedBy: Name.self)
        for name in clear { try container.encodeNil(forKey: Name(stringValue: name)) }
    }

    /// Checks every value against its limits. An unknown field is refused: after a typing error in a name its sender
    /// would believe that the choice is in force.
    /// - Throws: ``Fault`` `invalid_request` that names the field.
    public func check() throws {
        if let name = unknown.first {
            let all = Choices.names.joined(separator: ", ")
            throw Fault(.invalidRequest, "'\(name.prefix(40))' is no choice; there are \(all)")
        }
        try set.check()
    }

    private struct Name: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}

/// `usage`: tokens and cost of one turn, as far as the agent reports them.
public struct UsagePayload: EventPayload {
    /// Tokens of the input that were not read from the model's cache.
    public var inputTokens: Int?
    /// Tokens that the model wrote.
    public var outputTokens: Int?
    /// Tokens of the input that were read from the cache.
    public var cacheReadTokens: Int?
    /// Tokens that were written to the cache.
    public var cacheCreationTokens: Int?
    /// Turns between the agent and the model.
    public var turns: Int?
    /// Milliseconds.
    public var duration: Int?
    /// US dollars, to a millionth.
    public var cost: Double?

    public init(
        inputTokens: Int? = nil, outputTokens: Int? = nil, cacheReadTokens: Int? = nil,
        cacheCreationTokens: Int? = nil, turns: Int? = nil, duration: Int? = nil, cost: Double? = nil
    ) {
        self.inputTokens = inputTokens
        self.outputTokens = outputTokens
        self.cacheReadTokens = cacheReadTokens
        self.cacheCreationTokens = cacheCreationTokens
        self.turns = turns
        self.duration = duration
        self.cost = cost
    }

    private enum CodingKeys: String, CodingKey {
        case turns
        case inputTokens = "input_tokens"
        case outputTokens = "output_tokens"
        case cacheReadTokens = "cache_read_input_tokens"
        case cacheCreationTokens = "cache_creation_input_tokens"
        case duration = "duration_ms"
        case cost = "cost_usd"
    }

    public func write(to out: inout JSONWriter) {
        out.beginObject()
        out.field("cache_creation_input_tokens", cacheCreationTokens)
        out.field("cache_read_input_tokens", cacheReadTokens)
        out.field("cost_usd", cost)
        out.field("duration_ms", duration)
        out.field("input_tokens", inputTokens)
        out.field("output_tokens", outputTokens)
        out.field("turns", turns)
        out.endObject()
    }
}

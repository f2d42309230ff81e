import Messages

/// `run --steer`: gives the prompt to the running turn of a conversation.
enum SteeredTask {
    /// - Returns: The task whose turn has the prompt; nil when none runs, so that the prompt is a task of its own.
    /// - Throws: ``GatewayError`` `steer_unsupported` when the agent takes no messages while it works.
    static func give(_ prompt: String, to conversation: ConversationID, _ gateway: GatewayClient) async throws
        -> TaskView?
    {
        guard let running = try await gateway.runningTask(of: conversation) else { return nil }
        do { try await gateway.steer(running.id, prompt) } catch let error as GatewayError where error.code == .conflict
        {
            // It has ended meanwhile.
            return nil
        }
        return running
    }
}

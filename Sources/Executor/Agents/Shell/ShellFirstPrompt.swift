extension ShellAgent {
    static func firstPrompt(_ environment: [String: String], home: String) -> FirstPrompt? {
        FirstPrompt(
            agent: name,
            prompt: """
                echo "Hello from $(uname -n), $(uname -s) $(uname -r)."
                for i in 1 2 3; do sleep 0.4; echo "This line was written live on your device ($i of 3)."; done
                """)
    }
}

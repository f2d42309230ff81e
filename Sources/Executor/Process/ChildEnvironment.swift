import Messages

/// The environment of one child: that of its agent (``EnvironmentPolicy``), with the marks of its attempt.
enum ChildEnvironment {
    /// Returns the child's environment: `own` without the product's variables, then what `turn` adds. `WEGENT_TASK`,
    /// `WEGENT_BOOT` and `WEGENT_CHILD` mark everything that this child starts, so that it can be found wherever it
    /// goes.
    static func make(
        from own: [String: String], attempt: AttemptID, boot: BootID, adding turn: [String: String] = [:]
    ) -> [String: String] {
        var child = own.filter { name, _ in !EnvironmentPolicy.isProducts(name) }
        child[ProcessMark.task] = attempt.description
        child[ProcessMark.boot] = boot.description
        child[ProcessMark.child] = BootID.generate().description
        return child.merging(turn) { _, new in new }
    }
}

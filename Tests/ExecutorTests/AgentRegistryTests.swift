import Messages
import Testing

@testable import Executor

@Suite("The list of agents")
struct AgentRegistryTests {
    @Test("The options of the command line are those of the registered agents")
    func listsOptions() {
        let groups = Mirror(reflecting: AgentOptions()).children.map { "\(type(of: $0.value))" }
        let options = AgentRegistry.types.compactMap { $0.options.map { "OptionGroup<\($0)>" } }
        #expect(Set(groups) == Set(options) && groups.count == options.count && !options.isEmpty)
    }

    @Test("Each agent has a name of its own, and variables by that name")
    func listsVariables() {
        let names = AgentRegistry.types.map { $0.name }
        #expect(Set(names).count == names.count && AgentRegistry.variables.map(\.agent) == names)
    }

    @Test("The conformance suite checks each agent")
    func checksAll() {
        #expect(Set(AgentUnderTest.known.map(\.name)) == Set(AgentRegistry.types.map { $0.name }))
    }

    @Test("The shell gets what every other agent gets, and no mark of one")
    func passesAllToShell() {
        let shell = AgentRegistry.variables(of: ShellAgent.self)
        for type in AgentRegistry.types {
            #expect(Set(shell.patterns).isSuperset(of: type.variables.patterns), "\(type.name)")
            #expect(shell.own.isSuperset(of: type.variables.own), "\(type.name)")
        }
        #expect(!AgentRegistry.variables(of: ClaudeAgent.self).covers("OPENAI_API_KEY"))
    }
}

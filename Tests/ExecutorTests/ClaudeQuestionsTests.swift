import Messages
import Testing

@testable import Executor

@Suite("The questions of AskUserQuestion, as Claude Code 2.1.332 wrote them")
struct ClaudeQuestionsTests {
    private static func input(_ questions: JSONValue) -> JSONValue { ["questions": questions] }

    @Test("Questions that cannot be answered by name are a plain permission request")
    func unreadable() {
        func questions(_ value: JSONValue, tool: String = "AskUserQuestion") -> [AgentQuestion]? {
            ClaudeQuestions.questions(of: tool, Self.input(value))
        }
        #expect(questions([["question": "Why?"]])?.first == AgentQuestion(id: "1", text: "Why?"))
        #expect(questions([["question": "Why?"]], tool: "Bash") == nil)
        #expect(questions([]) == nil)
        #expect(questions("none") == nil)
        #expect(questions([["header": "no text"]]) == nil)
        #expect(questions([["question": "Why?"], ["question": "Why?"]]) == nil)
        #expect(questions(.array((0..<17).map { ["question": .string("\($0)?")] })) == nil)
        #expect(questions([["question": .string(String(repeating: "x", count: Limits.approvalInput))]]) == nil)
        // Two choices of one label are one.
        #expect(
            questions([["question": "?", "options": [["label": "a"], ["label": "a"], [:]]]])?[0].options.count == 1)
    }

    @Test("Answers are a field of the input, a text for each question's text")
    func answers() {
        let asked = Self.input([["question": "Which?", "multiSelect": true], ["question": "Why?"]])
        let request = PermissionRequest(
            request: "r", tool: "AskUserQuestion", title: "t", input: asked,
            questions: ClaudeQuestions.questions(of: "AskUserQuestion", asked))
        #expect(ClaudeQuestions.answer(request, [:]) == asked)
        let answered = ClaudePermission.input(of: request, PermissionAnswer(answers: ["1": ["a", "b"]]))
        #expect(answered["answers"] == ["Which?": "a, b"] && answered["questions"] == asked["questions"])
        #expect(ClaudePermission.input(of: request, PermissionAnswer(input: [:])) == [:])
    }
}

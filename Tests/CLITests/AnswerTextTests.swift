import Messages
import Testing

@testable import CLI

@Suite("Answers typed to an agent's questions")
struct AnswerTextTests {
    private static let colour = AgentQuestion(
        id: "1", text: "Which colour?", header: "Colour",
        options: [.init(id: "r", label: "Red"), .init(id: "b", label: "Blue, dark")])
    private static let fruits = AgentQuestion(
        id: "2", text: "Which a=b fruits?", options: [.init(id: "a", label: "Apple"), .init(id: "p", label: "Pear")],
        multiple: true)
    private static let closed = AgentQuestion(
        id: "3", text: "Sure?", options: [.init(id: "y", label: "Yes"), .init(id: "n", label: "No")], freeText: false)

    @Test(
        "Numbers and labels are choices, anything else is free text",
        arguments: [
            (colour, "1", ["r"]), (colour, " blue, DARK ", ["b"]), (colour, "r", ["r"]), (colour, "3", ["3"]),
            (colour, "a warm grey", ["a warm grey"]), (colour, #""1""#, ["1"]),
            (colour, "red, but light", ["red, but light"]),
            (fruits, "2,1", ["p", "a"]), (fruits, "Apple, apple", ["a"]), (fruits, "1, kiwi", ["a", "kiwi"]),
            (fruits, "kiwi, fig", ["kiwi, fig"]), (fruits, #""1, 2""#, ["1, 2"]), (closed, "no", ["n"]),
        ])
    func values(_ question: AgentQuestion, _ typed: String, _ values: [String]) throws {
        #expect(try AnswerText.values(typed, question) == values)
    }

    @Test(
        "What is no answer is refused with the choices",
        arguments: [
            (colour, "1,2", "Colour takes one choice: 1 Red, 2 Blue, dark"), (colour, " ", "Colour needs an answer"),
            (closed, "maybe", "Sure? has no choice 'maybe': 1 Yes, 2 No"), (closed, #""y""#, "has no choice 'y'"),
        ])
    func refusals(_ question: AgentQuestion, _ typed: String, _ text: String) {
        let error = #expect(throws: CommandError.self) { try AnswerText.values(typed, question) }
        #expect(error?.description.contains(text) == true, "\(String(describing: error))")
    }

    @Test("An argument names its question, or answers the next one")
    func arguments() throws {
        let questions = [Self.colour, Self.fruits]
        func answers(_ arguments: String...) throws -> AgentQuestion.Answers {
            try AnswerText.answers(arguments, to: questions)
        }
        #expect(try answers("2=Apple", "colour=2") == ["1": ["b"], "2": ["a"]])
        #expect(try answers("Red", "1,2") == ["1": ["r"], "2": ["a", "p"]])
        #expect(try answers("Which a=b fruits?=Pear") == ["2": ["p"]])
        #expect(try answers("x=y") == ["1": ["x=y"]])
        #expect(throws: CommandError.self) { try answers("1=Red", "1=Red") }
        #expect(throws: CommandError.self) { try answers("a", "b", "c") }
    }

    @Test("An edited command keeps the other fields, any other input is JSON")
    func drafts() throws {
        func draft(_ input: JSONValue, cut: Bool? = nil) throws -> InputDraft {
            try InputDraft(
                ApprovalView(
                    id: .generate(), task: .generate(), attempt: 1, conversation: .generate(), tool: "T", title: "t",
                    input: input, inputCut: cut, state: .pending, requestedAt: .now(), expiresAt: .now()))
        }
        let command = try draft(["command": "ls\npwd", "timeout": 5])
        #expect(command.text == "ls\npwd\n" && command.suffix == ".sh")
        #expect(try command.input("ls -l\n") == ["command": "ls -l", "timeout": 5])
        let file = try draft(["path": "/a", "n": [.number(1.5), nil]])
        #expect(file.suffix == ".json" && file.text.contains(#""path" : "/a""#))
        #expect(try file.input(#"{"path":"/b"}"#) == ["path": "/b"])
        for (text, reason) in [
            ("", "is empty"), (file.text, "was not changed"), ("{", "not JSON"), ("[1]", "not a JSON object"),
            (#"{"a":"\#(String(repeating: "x", count: Limits.approvalInput))"}"#, "65536 bytes"),
        ] {
            let error = #expect(throws: CommandError.self) { try file.input(text) }
            #expect(
                error?.description.contains(reason) == true && error?.description.contains("nothing was sent") == true)
        }
        let cut = #expect(throws: CommandError.self) { try draft(["command": "ls"], cut: true) }
        #expect(cut?.description.contains("was cut, so it cannot be edited") == true)
        #expect(throws: CommandError.self) { try draft(nil) }
    }
}

import Messages
import Testing

@testable import Dispatcher

@Suite("What an answer means for a permission request")
struct ApprovalChoiceTests {
    private static let questions = [
        AgentQuestion(
            id: "1", text: "Which?", options: [.init(id: "Red", label: "Red"), .init(id: "Blue", label: "Blue")]),
        AgentQuestion(
            id: "2", text: "Fruits?", options: [.init(id: "Apple", label: "Apple"), .init(id: "Pear", label: "Pear")],
            multiple: true, freeText: false),
    ]

    private static func approval(
        _ options: [ApprovalOption]? = ApprovalOption.standard(hasRule: true), questions: [AgentQuestion]? = nil
    ) -> ApprovalRecord {
        var approval = Sample.approval()
        (approval.options, approval.questions) = (options, questions)
        return approval
    }

    private static func decide(
        _ approval: ApprovalRecord, _ decision: ApprovalDecision? = nil, scope: ApprovalScope = .once,
        option: String? = nil, input: JSONValue? = nil, answers: AgentQuestion.Answers? = nil
    ) -> ApprovalDecide {
        ApprovalDecide(
            owner: approval.owner, task: approval.attempt.task, approval: approval.id, answer: .generate(),
            decision: decision, scope: scope, option: option, input: input, answers: answers, by: "ada")
    }

    /// Returns the error's text; nil where the answer holds.
    private static func refusal(_ decide: ApprovalDecide, _ approval: ApprovalRecord) -> String? {
        do {
            try ApprovalBounds.check(decide)
            _ = try ApprovalChoice(decide, of: approval)
            return nil
        } catch {
            let fault = error as? Fault
            #expect(fault?.code == .invalidRequest)
            return fault?.message ?? "\(error)"
        }
    }

    @Test("An option decides by its kind")
    func optionDecides() throws {
        let standard = Self.approval()
        func choice(_ option: String, _ approval: ApprovalRecord) throws -> ApprovalChoice {
            try ApprovalChoice(Self.decide(approval, option: option), of: approval)
        }
        #expect(try choice("allow_once", standard).isAllowed && choice("allow_once", standard).scope == .once)
        #expect(try choice("allow_conversation", standard).scope == .conversation)
        #expect(try !choice("deny", standard).isAllowed)
        // An agent's own options, as the Agent Client Protocol has them.
        let own = Self.approval([
            ApprovalOption(id: "proceed", label: "Go on", kind: .allowOnce),
            ApprovalOption(id: "never", label: "Never", kind: .rejectAlways),
        ])
        #expect(try choice("proceed", own).isAllowed)
        #expect(try !choice("never", own).isAllowed)
        #expect(
            Self.refusal(Self.decide(own, option: "allow_once"), own)
                == "this request has no option 'allow_once'; its options are 'proceed' (Go on), 'never' (Never)")
        #expect(Self.refusal(Self.decide(own, .deny, option: "proceed"), own)?.contains("does not deny") == true)
        #expect(
            Self.refusal(Self.decide(own, scope: .conversation, option: "proceed"), own)?.contains("conversation")
                == true)
        // One of an unknown kind cannot be taken.
        let odd = Self.approval([ApprovalOption(id: "x", label: "X", kind: ApprovalOptionKind(rawValue: "maybe"))])
        #expect(Self.refusal(Self.decide(odd, option: "x"), odd)?.contains("no option 'x'") == true)
        #expect(Self.refusal(Self.decide(odd), odd)?.contains("'decision' is missing") == true)
    }

    @Test("An edited input is an object, allowed once, and of an input that is whole")
    func editedInput() throws {
        let approval = Self.approval()
        let edited = Self.decide(approval, input: ["command": "npm test -s"])
        #expect(Self.refusal(edited, approval) == nil)
        #expect(try ApprovalChoice(edited, of: approval) == ApprovalChoice(edited, of: approval))
        #expect(Self.refusal(Self.decide(approval, input: ["a"]), approval)?.contains("JSON object") == true)
        let long = JSONValue.object(["a": .string(String(repeating: "x", count: Limits.approvalInput))])
        #expect(Self.refusal(Self.decide(approval, input: long), approval)?.contains("65536 bytes") == true)
        #expect(
            Self.refusal(Self.decide(approval, scope: .conversation, input: [:]), approval)?.contains("once") == true)
        #expect(
            Self.refusal(Self.decide(approval, option: "allow_conversation", input: [:]), approval)?.contains("once")
                == true)
        #expect(
            Self.refusal(Self.decide(approval, option: "deny", input: [:]), approval)?.contains("does not allow")
                == true)
        var cut = approval
        cut.isInputCut = true
        #expect(Self.refusal(edited, cut)?.contains("was cut, so it cannot be edited") == true)
        let old = Self.approval(nil)
        #expect(Self.refusal(edited, old)?.contains("device 'Linux - box' is too old") == true)
        #expect(Self.refusal(Self.decide(old, option: "allow_once"), old) == nil)
    }

    @Test("Answers name questions of the request, and take what they offer")
    func answers() {
        let approval = Self.approval(ApprovalOption.standard(hasRule: false), questions: Self.questions)
        func refusal(_ answers: AgentQuestion.Answers) -> String? {
            Self.refusal(Self.decide(approval, answers: answers), approval)
        }
        #expect(refusal(["1": ["Red"]]) == nil)
        #expect(refusal(["1": ["a warm grey"], "2": ["Apple", "Pear"]]) == nil)
        #expect(refusal(["3": ["Red"]]) == "'answers' has '3'; the questions are '1', '2'")
        #expect(refusal([:])?.contains("is empty") == true)
        #expect(refusal(["1": ["Red", "Blue"]])?.contains("it takes one") == true)
        #expect(refusal(["2": ["Apple", "Apple"]])?.contains("at most once") == true)
        #expect(refusal(["1": []])?.contains("has 0 values") == true)
        #expect(refusal(["1": [" "]])?.contains("is blank") == true)
        #expect(refusal(["2": ["kiwi"]]) == "'2' has no choice 'kiwi'; its choices are 'Apple', 'Pear'")
        #expect(
            refusal(["1": [String(repeating: "x", count: Limits.approvalAnswers)]])?.contains("16384 bytes") == true)
        let plain = Self.approval()
        #expect(
            Self.refusal(Self.decide(plain, answers: ["1": ["Red"]]), plain)?.contains("asks no questions") == true)
        let both = Self.decide(approval, input: [:], answers: ["1": ["Red"]])
        #expect(Self.refusal(both, approval)?.contains("exclude each other") == true)
    }

    @Test("A record keeps what was really allowed")
    func recordKeepsInput() {
        var approval = Self.approval(questions: Self.questions)
        let decide = Self.decide(approval, option: "allow_once", input: ["command": "true"])
        #expect(approval.decide(decide, now: Sample.now) == .counts)
        #expect(approval.view.updatedInput == ["command": "true"] && approval.view.option == "allow_once")
        let answer = approval.answer(epoch: 1)
        #expect(answer?.decision == .allow && answer?.input == ["command": "true"] && answer?.scope == .once)
        // Once it is no longer kept, nothing is allowed.
        approval.updatedInput = .null
        #expect(approval.answer(epoch: 1)?.decision == .deny && approval.answer(epoch: 1)?.input == nil)
        var other = Self.approval()
        let refused = other.decide(Self.decide(other, option: "nope"), now: Sample.now)
        if case .refused(let fault) = refused {
            #expect(fault.code == .invalidRequest)
        } else {
            Issue.record("\(refused)")
        }
        #expect(other.isPending)
    }
}

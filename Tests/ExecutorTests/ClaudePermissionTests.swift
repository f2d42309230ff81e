import Foundation
import Messages
import TestSupport
import Testing

@testable import Executor

/// What Claude Code's requests mean to people; each is as 2.1.330 wrote it, but for its paths.
struct ClaudePermissionTests {
    private func wish(_ request: String) throws -> PermissionWish {
        ClaudePermission.wish("r1", try decode(request), in: "/work")
    }

    private func decode(_ request: String) throws -> ControlRequest {
        try JSONDecoder().decode(ControlRequest.self, from: Data(request.utf8))
    }

    private static let prefix = #""subtype":"can_use_tool","tool_use_id":"t""#
    private static let mode = #"{"type":"setMode","mode":"acceptEdits","destination":"session"}"#

    private static func bash(_ command: String, _ suggestions: String, _ rest: String = "") -> String {
        #"{\#(prefix),"tool_name":"Bash","input":{"command":"\#(command)"},"permission_suggestions":\#(suggestions)\#(rest)}"#
    }

    private static func write(_ path: String, _ suggestions: String, _ rest: String = "") -> String {
        #"{\#(prefix),"tool_name":"Write","input":{"file_path":"\#(path)","content":"x"},"#
            + #""permission_suggestions":\#(suggestions)\#(rest)}"#
    }

    private static func rules(_ contents: String...) -> String {
        let rules = contents.map { #"{"toolName":"Bash","ruleContent":"\#($0)"}"# }.joined(separator: ",")
        return #"{"type":"addRules","rules":[\#(rules)],"behavior":"allow","destination":"localSettings"}"#
    }

    @Test(arguments: [
        (bash("npm test -s", "[\(rules("npm test *"))]", #","decision_reason_type":"other""#), "Bash(npm test *)"),
        // What is offered need not be all that the command does.
        (
            bash(
                "npm run build && rm x", "[\(rules("npm run *", "rm x"))]",
                #","decision_reason_type":"subcommandResults""#),
            "Bash(exactly: npm run build && rm x)"
        ),
        (
            bash(
                "npm run build && curl x", "[\(rules("npm run *"))]",
                #","decision_reason_type":"subcommandResults","matched_ask_rule":"Bash(curl *)""#),
            "only this request"
        ),
        (bash("a", "[\(rules("a"))]", #","matched_ask_rule":{"toolName":"Bash"}"#), "only this request"),
        (bash("a", "[\(rules("a"))]", #","classifier_approvable":false"#), "only this request"),
        (
            bash("a", "[\(rules("a"))]", #","matched_ask_rule":null,"classifier_approvable":null"#), "Bash(a)"
        ),
        (#"{\#(prefix),"tool_name":"EnterPlanMode","input":{}}"#, "only this request"),
        (#"{\#(prefix),"tool_name":"ExitPlanMode","input":{"plan":"x"}}"#, "only this request"),
        (#"{\#(prefix),"tool_name":"AskUserQuestion","input":{"questions":[]}}"#, "only this request"),
        (
            bash("touch a", #"[\#(rules("touch a")),{"type":"addDirectories","directories":["/work"]},\#(mode)]"#),
            "Bash(touch a)"
        ),
        // It reaches out of the workspace: the rule alone would not do.
        (
            bash("touch /x/a", #"[\#(rules("touch /x/a")),{"type":"addDirectories","directories":["/x"]}]"#),
            "Bash(exactly: touch /x/a)"
        ),
        (bash("echo $(date) > x", "[]", #","decision_reason_type":"other""#), "Bash(exactly: echo $(date) > x)"),
        (
            bash("rm -rf /", "[]", #","decision_reason_type":"safetyCheck","suppress_always_allow_rule":true"#),
            "only this request"
        ),
        (write("/work/a", "[\(mode)]"), "Edit(//work/**)"),
        (
            write(
                "/x/a", #"[\#(mode),{"type":"addDirectories","directories":["/x"]}]"#,
                #","decision_reason_type":"workingDir""#),
            "Edit(//x/**)"
        ),
        (write("/work/.bashrc", "[]", #","decision_reason_type":"safetyCheck""#), "only this request"),
        (write("/work/a", "[]", #","decision_reason_type":"mode""#), "only this request"),
        (
            #"{\#(prefix),"tool_name":"Read","input":{"file_path":"/etc/hosts"},"permission_suggestions":[{"type":"addRules","#
                + #""rules":[{"toolName":"Read","ruleContent":"//etc/**"}],"behavior":"allow","destination":"session"}],"#
                + #""decision_reason_type":"workingDir"}"#, "Read(//etc/**)"
        ),
        (
            #"{\#(prefix),"tool_name":"WebSearch","input":{"query":"herons"},"permission_suggestions":[{"type":"addRules","#
                + #""rules":[{"toolName":"WebSearch"}],"behavior":"allow","destination":"localSettings"}]}"#, nil
        ),
        (#"{\#(prefix),"tool_name":"mcp__a__b","input":{}}"#, nil),
        (
            #"{\#(prefix),"tool_name":"ExitPlanMode","input":{"plan":"x"},"requires_user_interaction":true}"#,
            "only this request"
        ),
    ])
    func `The scope of the conversation is what Claude Code offers, and never more`(request: String, rule: String?)
        throws
    {
        #expect(try wish(request).rule == rule)
    }

    @Test func `A title is a line`() throws {
        #expect(try wish(Self.bash("ls", "[]")).title == "ls")
        #expect(try wish(Self.write("/work/a", "[]")).title == "Write /work/a")
        let plan = ##"{\##(Self.prefix),"tool_name":"ExitPlanMode","input":{"plan":"\n# Move the heron\n1. go"}}"##
        #expect(try wish(plan).title == "Leave plan mode and carry out the plan: Move the heron")
        let bare = #"{\#(Self.prefix),"tool_name":"ExitPlanMode","input":{}}"#
        #expect(try wish(bare).title == "Leave plan mode and carry out the plan")
        let question =
            #"{\#(Self.prefix),"tool_name":"AskUserQuestion","input":{"questions":[{"question":"Which one?"}]}}"#
        #expect(try wish(question).title == "Question: Which one?")
        let long = String(repeating: "é", count: 3000)
        #expect(try wish(Self.bash(long, "[]")).title.count <= 500)
    }

    @Test func `A request of another form is still a wish`() throws {
        for text in ["{}", #"{"tool_name":7,"permission_suggestions":{},"input":null}"#] {
            let wish = try wish(text)
            #expect(wish.tool == "a tool")
            #expect(wish.request == "r1")
        }
    }

    @Test(arguments: [
        (#"{"input":{}}"#, true), (#"{"input":{"a":null,"b":["x",1.5,true,{"c":"\u00fc\ud83d\ude00"}]}}"#, true),
        ("{}", false), (#"{"input":null}"#, false), (#"{"input":"ls"}"#, false), (#"{"input":[]}"#, false),
        (#"{"input":{"command":"\ud800"}}"#, false), (#"{"input":{"a":[{"b":"x\udc00y"}]}}"#, false),
    ])
    func `Nobody is asked about an input that could not be read exactly`(request: String, isReadable: Bool) throws {
        #expect((ClaudePermission.unreadable(try decode(request)) == nil) == isReadable)
    }

    @Test func `Only what would touch something is out of a plan`() throws {
        #expect(ClaudePermission.isOutOfPlan(try decode(Self.bash("x", "[]"))))
        #expect(ClaudePermission.isOutOfPlan(try decode(Self.write("/work/a", "[]"))))
        #expect(ClaudePermission.isOutOfPlan(try decode(#"{"tool_name":"mcp__a__b","decision_reason_type":"mode"}"#)))
        for tool in ["Read", "WebFetch", "ExitPlanMode", "AskUserQuestion"] {
            #expect(!ClaudePermission.isOutOfPlan(try decode(#"{"tool_name":"\#(tool)"}"#)), "\(tool)")
        }
    }

    @Test func `A command as it stands is never given to Claude Code as a pattern`() {
        let exact = PermissionRule(tool: "Bash", exactly: "rm *")
        #expect(ClaudePermission.updates([exact]) == nil)
        #expect(
            ClaudePermission.updates([exact, PermissionRule(tool: "Bash", content: "make")]) == [
                [
                    "type": "addRules", "rules": [["toolName": "Bash", "ruleContent": "make"]], "behavior": "allow",
                    "destination": "session",
                ]
            ])
    }
}

/// What is kept for a conversation.
struct PermissionRulesTests {
    private let folder: TemporaryDirectory
    private let rules: PermissionRules
    private let conversation = ConversationID.generate()

    init() throws {
        folder = try TemporaryDirectory()
        rules = PermissionRules(directory: folder.path)
    }

    private func wish(_ rules: PermissionRule...) -> PermissionWish {
        PermissionWish(request: "r", tool: "Bash", title: "t", input: [:], rules: rules)
    }

    @Test func `What was allowed is there for the next life, and for this conversation only`() throws {
        let rule = PermissionRule(tool: "Bash", content: "make *")
        try rules.allow([rule], in: conversation)
        try rules.allow([PermissionRule(tool: "WebSearch")], in: conversation)
        let next = PermissionRules(directory: folder.path)
        #expect(next.allowed(in: conversation) == [rule, PermissionRule(tool: "WebSearch")])
        #expect(next.allowed(in: .generate()).isEmpty)
    }

    @Test func `A wish is covered when all that it needs was allowed`() {
        let make = PermissionRule(tool: "Bash", content: "make *")
        let remove = PermissionRule(tool: "Bash", content: "rm x")
        #expect(PermissionRules.cover(wish(make), [make]))
        #expect(!PermissionRules.cover(wish(make, remove), [make]))
        #expect(PermissionRules.cover(wish(make, remove), [PermissionRule(tool: "Bash")]))
        #expect(!PermissionRules.cover(wish(), [PermissionRule(tool: "Bash")]))
        #expect(!PermissionRules.cover(wish(PermissionRule(tool: "Bash", exactly: "make *")), [make]))
    }

    @Test(arguments: [499, 500, 501, 502, 3000]) func `What people cannot see all of is not offered`(_ size: Int) {
        let rule = PermissionRule(tool: "Bash", exactly: String(repeating: "é", count: size - "Bash(exactly: )".count))
        let wish = wish(rule)
        #expect(wish.rule.map { Limits.fits($0, Limits.approvalLine) } == true)
        #expect(wish.offered == (size <= 500 ? [rule] : []))
        #expect(wish.rule == (size <= 500 ? rule.description : "only this request"))
        // What was allowed as a whole covers it all the same.
        #expect(PermissionRules.cover(wish, [PermissionRule(tool: "Bash")]))
    }

    @Test func `A title of one character with any number of accents is cut to what fits`() {
        var wish = wish()
        #expect(wish.line == "t")
        wish.title = "e" + String(repeating: "\u{301}", count: 100_000)
        #expect(wish.line.hasPrefix("e") || wish.line.unicodeScalars.first == "e")
        #expect(Limits.fits(wish.line, Limits.approvalLine) && wish.line.unicodeScalars.count == 500)
    }

    @Test func `There is a bound, and a file that cannot be read allows nothing`() throws {
        try rules.allow((0..<PermissionRules.most).map { PermissionRule(tool: "t\($0)") }, in: conversation)
        try rules.allow([PermissionRule(tool: "t0")], in: conversation)
        #expect(throws: Fault.self) { try rules.allow([PermissionRule(tool: "more")], in: conversation) }
        let other = ConversationID.generate()
        try folder.write("[{", to: "\(other).json")
        #expect(rules.allowed(in: other).isEmpty)
    }
}

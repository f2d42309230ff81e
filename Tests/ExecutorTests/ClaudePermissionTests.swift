import Foundation
import Messages
import TestSupport
import Testing

@testable import Executor

@Suite("Permission requests as Claude Code 2.1.330 wrote them")
struct ClaudePermissionTests {
    private func permission(_ request: String) throws -> PermissionRequest {
        ClaudePermission.permissionRequest("r1", try decode(request), in: "/work")
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

    @Test(
        "The scope of the conversation is the rule that Claude Code offers, and never more",
        arguments: [
            (bash("npm test -s", "[\(rules("npm test *"))]", #","decision_reason_type":"other""#), "Bash(npm test *)"),
            // The offered rules need not cover all that the command does.
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
            // The command reaches out of the workspace: the rule alone is not enough.
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
    func scopeIsOfferedRule(request: String, rule: String?)
        throws
    {
        #expect(try permission(request).rule == rule)
    }

    @Test("A title is one line")
    func titleIsOneLine() throws {
        #expect(try permission(Self.bash("ls", "[]")).title == "ls")
        #expect(try permission(Self.write("/work/a", "[]")).title == "Write /work/a")
        let plan = ##"{\##(Self.prefix),"tool_name":"ExitPlanMode","input":{"plan":"\n# Move the heron\n1. go"}}"##
        #expect(try permission(plan).title == "Leave plan mode and carry out the plan: Move the heron")
        let bare = #"{\#(Self.prefix),"tool_name":"ExitPlanMode","input":{}}"#
        #expect(try permission(bare).title == "Leave plan mode and carry out the plan")
        let question =
            #"{\#(Self.prefix),"tool_name":"AskUserQuestion","input":{"questions":[{"question":"Which one?"}]}}"#
        #expect(try permission(question).title == "Question: Which one?")
        let long = String(repeating: "é", count: 3000)
        #expect(try permission(Self.bash(long, "[]")).title.count <= 500)
    }

    @Test("A request of unexpected form is still a permission request")
    func readsUnexpectedForm() throws {
        for text in ["{}", #"{"tool_name":7,"permission_suggestions":{},"input":null}"#] {
            let request = try permission(text)
            #expect(request.tool == "a tool")
            #expect(request.request == "r1")
        }
    }

    @Test(
        "A request is denied unasked when its input could not be read exactly",
        arguments: [
            (#"{"input":{}}"#, true), (#"{"input":{"a":null,"b":["x",1.5,true,{"c":"\u00fc\ud83d\ude00"}]}}"#, true),
            ("{}", false), (#"{"input":null}"#, false), (#"{"input":"ls"}"#, false), (#"{"input":[]}"#, false),
            (#"{"input":{"command":"\ud800"}}"#, false), (#"{"input":{"a":[{"b":"x\udc00y"}]}}"#, false),
        ])
    func deniesUnreadableInput(request: String, isReadable: Bool) throws {
        #expect((ClaudePermission.unreadable(try decode(request)) == nil) == isReadable)
    }

    @Test("Only tools that change something are denied in a plan")
    func deniesChangesInPlan() throws {
        #expect(ClaudePermission.isOutOfPlan(try decode(Self.bash("x", "[]"))))
        #expect(ClaudePermission.isOutOfPlan(try decode(Self.write("/work/a", "[]"))))
        #expect(ClaudePermission.isOutOfPlan(try decode(#"{"tool_name":"mcp__a__b","decision_reason_type":"mode"}"#)))
        for tool in ["Read", "WebFetch", "ExitPlanMode", "AskUserQuestion"] {
            #expect(!ClaudePermission.isOutOfPlan(try decode(#"{"tool_name":"\#(tool)"}"#)), "\(tool)")
        }
    }

    @Test("A literal command is never given to Claude Code as a pattern")
    func keepsLiteralCommands() {
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

@Suite("Rules that are stored for a conversation")
struct PermissionRulesTests {
    private let folder: TemporaryDirectory
    private let rules: PermissionRules
    private let conversation = ConversationID.generate()

    init() throws {
        folder = try TemporaryDirectory()
        rules = PermissionRules(directory: folder.path)
    }

    private func request(_ rules: PermissionRule...) -> PermissionRequest {
        PermissionRequest(request: "r", tool: "Bash", title: "t", input: [:], rules: rules)
    }

    @Test("Rules are kept for the next run, and for their conversation only")
    func storesRules() throws {
        let rule = PermissionRule(tool: "Bash", content: "make *")
        try rules.allow([rule], in: conversation)
        try rules.allow([PermissionRule(tool: "WebSearch")], in: conversation)
        let next = PermissionRules(directory: folder.path)
        #expect(next.allowed(in: conversation) == [rule, PermissionRule(tool: "WebSearch")])
        #expect(next.allowed(in: .generate()).isEmpty)
    }

    @Test("A request is covered when every rule that it needs was allowed")
    func coversRequest() {
        let make = PermissionRule(tool: "Bash", content: "make *")
        let remove = PermissionRule(tool: "Bash", content: "rm x")
        #expect(PermissionRules.cover(request(make), [make]))
        #expect(!PermissionRules.cover(request(make, remove), [make]))
        #expect(PermissionRules.cover(request(make, remove), [PermissionRule(tool: "Bash")]))
        #expect(!PermissionRules.cover(request(), [PermissionRule(tool: "Bash")]))
        #expect(!PermissionRules.cover(request(PermissionRule(tool: "Bash", exactly: "make *")), [make]))
    }

    @Test("A rule that people cannot see in full is not offered", arguments: [499, 500, 501, 502, 3000])
    func offersVisibleRules(_ size: Int) {
        let rule = PermissionRule(tool: "Bash", exactly: String(repeating: "é", count: size - "Bash(exactly: )".count))
        let request = request(rule)
        #expect(request.rule.map { Limits.fits($0, Limits.approvalLine) } == true)
        #expect(request.offered == (size <= 500 ? [rule] : []))
        #expect(request.rule == (size <= 500 ? rule.description : "only this request"))
        // A rule for the tool as a whole covers it all the same.
        #expect(PermissionRules.cover(request, [PermissionRule(tool: "Bash")]))
    }

    @Test("A title of one character with many accents is cut to what fits")
    func cutsAccentedTitle() {
        var request = request()
        #expect(request.line == "t")
        request.title = "e" + String(repeating: "\u{301}", count: 100_000)
        #expect(request.line.hasPrefix("e") || request.line.unicodeScalars.first == "e")
        #expect(Limits.fits(request.line, Limits.approvalLine) && request.line.unicodeScalars.count == 500)
    }

    @Test("The number of rules is bounded, and an unreadable file allows nothing")
    func boundsRules() throws {
        try rules.allow((0..<PermissionRules.most).map { PermissionRule(tool: "t\($0)") }, in: conversation)
        try rules.allow([PermissionRule(tool: "t0")], in: conversation)
        #expect(throws: Fault.self) { try rules.allow([PermissionRule(tool: "more")], in: conversation) }
        let other = ConversationID.generate()
        try folder.write("[{", to: "\(other).json")
        #expect(rules.allowed(in: other).isEmpty)
    }
}

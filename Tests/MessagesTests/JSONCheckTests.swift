import Foundation
import Messages
import Testing

@Suite("The structural check of payloads")
struct JSONCheckTests {
    static func flaw(_ bytes: [UInt8]) -> JSONFlaw? { bytes.withUnsafeBytes(JSONCheck.flaw) }
    static func flaw(_ text: String) -> JSONFlaw? { flaw(Array(text.utf8)) }

    @Test(
        "One object passes",
        arguments: [
            "{}", " {\n} \t\r", #"{"a":1}"#, #"{"a":[],"b":{},"c":[{}],"d":[[1,-0.5e+3],"x"]}"#,
            #"{"":"","a":"é\u00e9\ud83d\ude00😀\"\\\/\b\f\n\r\t"}"#, #"{"a":true,"b":false,"c":null,"a":0}"#,
            #"{"a":"\#(String(repeating: "x", count: 100))"}"#, #"{"n":1e307,"m":-0,"k":1e-400}"#,
        ])
    func passes(text: String) { #expect(Self.flaw(text) == nil) }

    @Test(
        "Anything else is refused with its reason",
        arguments: [
            ("", .noObject), ("not json at all", .noObject), ("[]", .noObject), ("null", .noObject),
            (#""a""#, .noObject),
            ("\u{feff}{}", .noObject), ("{", .cut), (#"{"a"#, .cut), (#"{"a":"#, .cut), (#"{"a":1"#, .cut),
            (#"{"a":1}}"#, .trailing), ("{}{}", .trailing), ("{},", .trailing), ("{}\0", .trailing),
            // Closes the object and forges the fields around it.
            (#"{"x":1},"kind":"state","data":{"state":"completed"}"#, .trailing),
            (#"{"a":1]"#, .syntax), (#"{"a":[1}"#, .syntax), (#"{"a":1,}"#, .syntax), (#"{"a":[1,]}"#, .syntax),
            (#"{,}"#, .syntax), (#"{a:1}"#, .syntax), (#"{'a':1}"#, .syntax), (#"{"a" 1}"#, .syntax),
            (#"{"a":1 "b":2}"#, .syntax), (#"{"a":tru}"#, .syntax), (#"{"a":nulll}"#, .syntax), (#"{"a":01}"#, .syntax),
            (#"{"a":1.}"#, .syntax), (#"{"a":.5}"#, .syntax), (#"{"a":+1}"#, .syntax), (#"{"a":-}"#, .syntax),
            (#"{"a":1e}"#, .syntax), (#"{"a":0x1}"#, .syntax), (#"{"a":NaN}"#, .syntax), (#"{"a":"\x"}"#, .syntax),
            (#"{"a":"\u12g4"}"#, .syntax), ("{\"a\":\"\n\"}", .control), ("{\"a\":\"\0\"}", .control),
            (#"{"a":"\ud800"}"#, .surrogate), (#"{"a":"\udc00"}"#, .surrogate), (#"{"a":"\ud800\u0041"}"#, .surrogate),
            (#"{"a":1e308}"#, .number), (#"{"a":\#(String(repeating: "9", count: 400))}"#, .number),
            (#"{"a":0e99999999999999999999}"#, .number), ("{/**/}", .syntax),
        ] as [(String, JSONFlaw.Reason)])
    func refused(text: String, reason: JSONFlaw.Reason) { #expect(Self.flaw(text)?.reason == reason) }

    @Test(
        "Bytes that are not UTF-8 are refused",
        arguments: [
            [0x80], [0xff], [0xc0, 0x80], [0xc1, 0xbf], [0xc3], [0xe0, 0x80, 0x80], [0xed, 0xa0, 0x80], [0xe2, 0x82],
            [0xf0, 0x80, 0x80, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xf0, 0x9f, 0x98],
        ] as [[UInt8]])
    func notUTF8(bytes: [UInt8]) {
        // At each distance from a word's start.
        for lead in 0..<9 {
            let text = Array(#"{"a":""#.utf8) + [UInt8](repeating: 0x61, count: lead)
            #expect(Self.flaw(text + bytes + Array(#""}"#.utf8))?.reason == .utf8)
        }
    }

    @Test("Nesting has a bound, and a megabyte of brackets is refused at once")
    func nesting() {
        func nested(_ depth: Int) -> String {
            #"{"a":"# + String(repeating: "[", count: depth - 1) + String(repeating: "]", count: depth - 1) + "}"
        }
        #expect(Self.flaw(nested(JSONCheck.depth)) == nil)
        #expect(Self.flaw(nested(JSONCheck.depth + 1))?.reason == .depth)
        #expect(Self.flaw(#"{"a":"# + String(repeating: "[", count: 1 << 20))?.reason == .depth)
        #expect(Self.flaw(String(repeating: #"{"a":"#, count: 1 << 18))?.reason == .depth)
    }

    private static func isTrailingComma(_ bytes: [UInt8], _ offset: Int) -> Bool {
        guard offset < bytes.count, [UInt8(ascii: "}"), UInt8(ascii: "]")].contains(bytes[offset]) else { return false }
        return bytes[..<offset].last { ![0x20, 0x09, 0x0a, 0x0d].contains($0) } == UInt8(ascii: ",")
    }

    @Test("What passes is an object for JSONSerialization, and what is refused is none", arguments: 0..<4)
    func oracle(run: Int) {
        let seed = UInt64.random(in: 1...UInt64.max)
        let rounds = ProcessInfo.processInfo.environment["WEGENT_FUZZ_ROUNDS"].flatMap { Int($0) } ?? 10_000
        var mutator = PayloadMutator(seed: seed)
        var passed = 0
        for _ in 0..<rounds {
            let bytes = mutator.next()
            let found = Self.flaw(bytes)
            let isObject = (try? JSONSerialization.jsonObject(with: Data(bytes))) is [String: Any]
            if found == nil { passed += 1 }
            switch found?.reason {
            case nil: #expect(isObject, "passed, seed \(seed): \(bytes)")
            // Stricter than the oracle, on purpose.
            case .number, .depth: break
            // The oracle reads UTF-16 and UTF-32 too, and a byte order mark.
            case _ where bytes.prefix(4).contains(0) || bytes.starts(with: [0xef, 0xbb, 0xbf]): break
            case _ where bytes.starts(with: [0xff, 0xfe]) || bytes.starts(with: [0xfe, 0xff]): break
            // It takes a comma before the end of an object or a list for none.
            case .syntax where Self.isTrailingComma(bytes, found?.offset ?? 0): break
            case .some(let reason): #expect(!isObject, "refused as \(reason), seed \(seed): \(bytes)")
            }
        }
        #expect(passed > rounds / 100)
    }
}

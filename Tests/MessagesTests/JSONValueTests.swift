import Foundation
import Testing

@testable import Messages

/// JSON of any shape, read and written in one pass.
@Suite("JSON values")
struct JSONValueTests {
    @Test(
        "A value is read and written as Foundation does",
        arguments: [
            "null", "true", "false", "0", "-1", "9223372036854775807", "-9223372036854775808", "9223372036854775808",
            "1.5",
            "1.0", "1e2", "-0.25E-3", "[]", "{}", " [ 1 , [ 2 , { } ] ]\n", #"{"a":{"b":[null,"c"]},"":1}"#,
            #""""#, #""é\u00e9\ud83d\ude00\"\\\/\b\f\n\r\t""#, #"{"a\n":"\u0000\u001f\u007f"}"#, "\"\u{2028}😀\"",
        ])
    func agreesWithFoundation(_ text: String) throws {
        let value = try JSONValue(reading: text.utf8)
        #expect(try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8)) == value)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        #expect(
            String(decoding: value.bytes, as: UTF8.self) == String(decoding: try encoder.encode(value), as: UTF8.self))
        #expect(try JSONValue(reading: value.bytes) == value)
    }

    @Test(
        "Text that is not JSON is refused",
        arguments: [
            "", " ", "nul", "truth", "tru", "+1", "01", "1.", ".5", "1e", "--1", "-", "NaN", "[1,]", "[1 2]", "[", "[1",
            "{", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, "{1:2}", #"""#, #""\x""#, #""\u12""#, #""\u12g4""#, #""\ud800""#,
            #""\ud800\n""#, #""\udc00""#, "\"\n\"", "1 1", "[]]", "1e400",
        ])
    func invalidJSONIsRefused(_ text: String) { #expect(throws: Fault.self) { try JSONValue(reading: text.utf8) } }

    @Test("Every character is escaped alike, wherever it stands in a text")
    func escapesEverywhere() {
        let characters = (0..<128).compactMap { UnicodeScalar($0).map(String.init) } + ["é", "…", "😀"]
        for character in characters {
            for place in 0..<17 {
                let text = String(repeating: "x", count: place) + character + String(repeating: "y", count: 17 - place)
                var expected: [UInt8] = [0x22]
                for byte in text.utf8 { JSONWriter.escape(byte, to: &expected) }
                var writer = JSONWriter()
                writer.write(text)
                #expect(writer.bytes == expected + [0x22])
            }
        }
    }

    @Test("Bytes that are not UTF-8 are refused")
    func invalidUTF8IsRefused() {
        #expect(throws: Fault.self) { try JSONValue(reading: [0x22, 0xff, 0x22]) }
        #expect(throws: Fault.self) { try JSONValue(reading: [0x22, 0x5c, 0x6e, 0xc3, 0x22]) }
    }

    @Test("The depth of lists and objects is bounded")
    func depthIsBounded() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        _ = try JSONValue(reading: nested(JSONReader.depth).utf8)
        #expect(throws: Fault.self) { try JSONValue(reading: nested(JSONReader.depth + 1).utf8) }
        #expect(throws: Fault.self) { try JSONValue(reading: nested(4 << 20).utf8) }
        let objects = String(repeating: #"{"a":"#, count: JSONReader.depth + 1)
        #expect(throws: Fault.self) { try JSONValue(reading: objects.utf8) }
    }

    @Test("A tool input of 20,000 numbers is read faster than JSONDecoder reads it")
    func manyNumbersAreFast() throws {
        var request = Self.request
        request.input = .array((0..<20_000).map { .whole(Int64($0 % 10)) })
        let body = try Wire.encode(request)
        let clock = ContinuousClock()
        var read: ApprovalRequest?
        let time = try clock.measure { read = try Wire.decode(ApprovalRequest.self, from: body) }
        #expect(read == request)
        // It tries several types for each value. Both are measured here, so that a busy machine slows both.
        let other = try clock.measure { _ = try JSONDecoder().decode(ApprovalRequest.self, from: Data(body)) }
        #expect(time < other, "\(time), JSONDecoder \(other)")
    }

    @Test("A permission request with a wrong field is refused with its name")
    func faultsNameTheField() throws {
        let good = String(decoding: try Wire.encode(Self.request), as: UTF8.self)
        func fault(_ from: String, _ to: String) -> String? {
            let body = good.replacing(from, with: to)
            #expect(body != good)
            do {
                _ = try Wire.decode(ApprovalRequest.self, from: Array(body.utf8))
                return nil
            } catch { return (error as? Fault)?.message }
        }
        #expect(fault(#""input":null"#, #""new":[1],"input":{"a":[1]}"#) == nil)
        #expect(fault(#""input":null,"#, "")?.contains("'input' is missing") == true)
        #expect(fault(#""tool":"Bash""#, #""tool":[1,2]"#)?.contains("'tool' must be a string") == true)
        #expect(fault(#""attempt":1"#, #""attempt":"x""#)?.contains("'attempt' must be a whole number") == true)
        #expect(fault("}", "")?.contains("it ends within the object") == true)
    }

    private static let request = ApprovalRequest(
        task: Samples.task, attempt: 1, request: "r", after: 2, tool: "Bash", title: "t", input: .null, rule: "x",
        requestedAt: Samples.time)
}

import Messages
import Testing

@Suite("Single texts of a JSON object")
struct JSONScanTests {
    @Test(
        "Texts of the outermost object are found, whatever stands around them",
        arguments: [
            (#"{"id":"a","status":"b"}"#, "a", "b"),
            (#" { "status" : "b" , "x":[1,{"id":"no"},"]}"], "id" : "a" } "#, "a", "b"),
            (#"{"x":{"id":"no","status":"no"},"id":"a"}"#, "a", nil),
            (#"{"x":"\"id\":\"no\"\\","id":"a \"quoted\" \u00e9 \\","status":1}"#, "a \"quoted\" é \\", nil),
            (#"{"id":null,"status":""}"#, nil, ""), (#"{"x":-1.5e3,"y":true,"status":"b"}"#, nil, "b"),
            ("{}", nil, nil), ("[\"id\"]", nil, nil), ("", nil, nil), ("{\"id\"", nil, nil), ("{\"id\":", nil, nil),
            (#"{"id":"a","status":"#, "a", nil), (#"{"id":"a" "status":"b"}"#, "a", nil), (#"{"x":"\"#, nil, nil),
            (#"{"x":[[[],"id":"a"}"#, nil, nil),
        ] as [(String, String?, String?)])
    func texts(json: String, id: String?, status: String?) {
        #expect(JSONScan.texts(["id", "status"], in: Array(json.utf8)) == [id, status])
    }

    @Test("It finds what a whole reading finds, in random objects", arguments: 0..<20)
    func random(seed: UInt64) throws {
        var numbers = SystemRandomNumberGenerator()
        for _ in 0..<100 {
            let value = Self.value(depth: 3, &numbers)
            let object: JSONValue = ["id": value, "other": Self.value(depth: 4, &numbers), "status": "s\"\\\n"]
            let found = JSONScan.texts(["status", "id"], in: object.bytes)
            #expect(found == ["s\"\\\n", value.string])
        }
    }

    private static func value(depth: Int, _ numbers: inout SystemRandomNumberGenerator) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 7 : 5), using: &numbers) {
        case 0: .null
        case 1: .bool(true)
        case 2: .number(Double.random(in: -1e6...1e6, using: &numbers))
        case 3: .string(["", "a", "\"", "\\", "\\\"", "}{][,:", "é\u{1F600}", "\u{1}"].randomElement(using: &numbers)!)
        case 4: .whole(Int64.random(in: -9...9, using: &numbers))
        case 5: .array((0..<3).map { _ in value(depth: depth - 1, &numbers) })
        default: .object(["id": value(depth: depth - 1, &numbers), "x\"": value(depth: depth - 1, &numbers)])
        }
    }
}

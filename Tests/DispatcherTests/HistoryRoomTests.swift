import Messages
import Testing

@testable import Dispatcher

@Suite("The room of a history")
struct HistoryRoomTests {
    private static func item(_ prompt: String, _ answer: String) -> HistoryItem {
        HistoryItem(task: .generate(), prompt: prompt, answer: answer, state: .completed)
    }

    @Test("The newest turns are kept whole")
    func whole() {
        var room = HistoryRoom(bytes: 10)
        let added = [("ab", "cd"), ("ef", "ghij"), ("k", "")].map { room.add(Self.item($0, $1)) }
        #expect(added == [true, true, false] && room.left == 0)
        #expect(room.items.map(\.prompt) == ["ab", "ef"] && room.items.allSatisfy { !$0.cut })
    }

    struct Cut: Sendable {
        let prompt: String
        let answer: String
        let isCut: Bool
        let keeps: [String]
    }

    @Test(
        "A turn that alone is too large loses its beginning",
        arguments: [
            Cut(prompt: "p", answer: "0123456789abc", isCut: false, keeps: ["p", "456789abc"]),
            Cut(prompt: "0123456789abc", answer: "a", isCut: false, keeps: ["456789abc", "a"]),
            Cut(prompt: "0123456789", answer: "abcdefghij", isCut: false, keeps: ["56789", "fghij"]),
            // A turn that was cut before loses more of its beginning.
            Cut(prompt: "p", answer: "0123456789", isCut: true, keeps: ["p", "123456789"]),
            // Never within a character: é and 😀 are two and four bytes.
            Cut(prompt: "", answer: "aéééééé", isCut: false, keeps: ["", "ééééé"]),
            Cut(prompt: "", answer: "😀😀😀", isCut: false, keeps: ["", "😀😀"]),
        ])
    func cut(_ cut: Cut) {
        var room = HistoryRoom(bytes: 10)
        let fits = room.add(Self.item(cut.prompt, cut.answer), isCut: cut.isCut)
        #expect(fits)
        #expect(room.items.map(\.prompt) + room.items.map(\.answer) == cut.keeps)
        #expect(room.items.first?.cut == true && room.left >= 0)
        let second = room.add(Self.item(cut.prompt, cut.answer), isCut: cut.isCut)
        #expect(!second)
    }

    @Test("Turns without text count")
    func count() {
        var room = HistoryRoom(bytes: 10, items: 3)
        #expect((0..<4).map { _ in room.add(Self.item("", "")) } == [true, true, true, false])
    }
}

import Foundation
import Storage
import TestSupport
import Testing

@Suite("The lock on a data directory")
struct DataLockTests {
    @Test("A second holder is refused with the process id of the first, until the first releases the lock")
    func exclusive() throws {
        let folder = try TemporaryDirectory()
        let lock = try DataLock(directory: folder.file("data"), name: "registry")
        let error = #expect(throws: StoreError.self) {
            try DataLock(directory: folder.file("data"), name: "registry")
        }
        #expect(error?.kind == .locked)
        #expect(error?.description.contains("(process \(getpid()))") == true)
        // Another service may share the directory.
        try DataLock(directory: folder.file("data"), name: "gateway").release()
        lock.release()
        try DataLock(directory: folder.file("data"), name: "registry").release()
    }
}

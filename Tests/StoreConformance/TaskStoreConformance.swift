// A release build has no @testable import.
#if DEBUG
    import Messages
    import Synchronization

    @testable import Dispatcher

    /// The checks that every ``TaskStore`` passes, whatever its engine.
    enum TaskStoreConformance {
        /// One rule of the store's contract.
        struct Check: Sendable, CustomStringConvertible {
            let description: String
            let body: @Sendable (Storage) async throws -> Void

            init(_ description: String, _ body: @escaping @Sendable (Storage) async throws -> Void) {
                self.description = description
                self.body = body
            }

            /// Runs the check on a storage of its own, and closes what it opened.
            /// - Parameter open: Opens the storage, which is empty at first, and takes the lead from any earlier opening.
            /// - Throws: ``Failure``, or what the store throws.
            func run(_ open: @escaping @Sendable () async throws -> any TaskStore) async throws {
                let storage = Storage(open)
                let result: Result<Void, any Error>
                do { result = .success(try await body(storage)) } catch { result = .failure(error) }
                await storage.close()
                try result.get()
            }
        }

        static let checks: [Check] =
            eventChecks + batchChecks + taskChecks + submissionChecks + conversationChecks + approvalChecks
            + historyChecks + retentionChecks + leadChecks

        /// The storage of one check.
        final class Storage: Sendable {
            private let opening: @Sendable () async throws -> any TaskStore
            private let opened = Mutex<[any TaskStore]>([])

            init(_ opening: @escaping @Sendable () async throws -> any TaskStore) { self.opening = opening }

            /// Opens the storage as another process would, and takes the lead.
            func open() async throws -> any TaskStore {
                let store = try await opening()
                opened.withLock { $0.append(store) }
                return store
            }

            func close() async {
                for store in opened.withLock({ $0 }) { await store.close() }
            }
        }

        /// A rule that the store breaks.
        struct Failure: Error, CustomStringConvertible {
            let description: String
        }
    }

    /// - Throws: ``TaskStoreConformance/Failure`` unless the condition holds.
    func expect(_ condition: Bool, _ sentence: String, line: Int = #line, file: String = #fileID) throws {
        guard condition else { throw TaskStoreConformance.Failure(description: "\(file):\(line): \(sentence)") }
    }

    /// - Throws: ``TaskStoreConformance/Failure`` unless both are equal.
    func expectEqual<T: Equatable>(
        _ value: T, _ expected: T, _ sentence: String, line: Int = #line, file: String = #fileID
    ) throws {
        guard value != expected else { return }
        let (value, expected) = ("\(value)".prefix(500), "\(expected)".prefix(500))
        throw TaskStoreConformance.Failure(
            description: "\(file):\(line): \(sentence)\n     is: \(value)\n not is: \(expected)")
    }

    /// - Throws: ``TaskStoreConformance/Failure`` unless the store refuses `body` for this reason.
    func expectRefusal<T>(
        _ kind: TaskStoreError.Kind, _ sentence: String, line: Int = #line, file: String = #fileID,
        _ body: () async throws -> T
    ) async throws {
        do { _ = try await body() } catch let error as TaskStoreError where error.kind == kind { return } catch {
            throw TaskStoreConformance.Failure(description: "\(file):\(line): \(sentence): \(error)")
        }
        throw TaskStoreConformance.Failure(description: "\(file):\(line): \(sentence): it was not refused")
    }
#endif

import TestSupport
import Testing

/// The tests with real processes. They run one after the other, since each starts four processes and more.
@Suite("Integration", .serialized)
struct Integration {}

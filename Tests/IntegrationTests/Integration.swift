import TestSupport
import Testing

/// Everything that needs the real processes, one test after the other: each starts four of them and more.
@Suite(.serialized) struct Integration {}

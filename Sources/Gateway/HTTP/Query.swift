import Hummingbird
import Messages

/// The query of a request, read strictly: an unknown or invalid parameter is refused with its name, so that a typing
/// error does not silently change the answer.
struct Query {
    private let values: [String: String]

    /// - Parameter known: The parameters of the route.
    /// - Throws: ``Fault`` `invalid_request` for any other, or one that occurs twice.
    init(_ request: Request, known: [String]) throws {
        var values: [String: String] = [:]
        for (name, value) in request.uri.queryParameters {
            let name = String(name)
            guard known.contains(name) else {
                let all = known.isEmpty ? "none" : known.joined(separator: ", ")
                throw Fault(
                    .invalidRequest, "the query parameter '\(name.prefix(100))' is not known here; known: \(all)")
            }
            guard values.updateValue(String(value), forKey: name) == nil else {
                throw Fault(.invalidRequest, "the query parameter '\(name)' occurs twice")
            }
        }
        self.values = values
    }

    /// Returns a parameter's text; nil when it is absent or empty.
    func text(_ name: String) -> String? { values[name].flatMap { $0.isEmpty ? nil : $0 } }

    /// Returns a parameter's text with a number of characters in `range`; nil when it is absent or empty.
    func text(_ name: String, in range: ClosedRange<Int>) throws -> String? {
        guard let text = text(name) else { return nil }
        guard Limits.fits(text, range) else {
            throw Fault(
                .invalidRequest,
                "the query parameter '\(name)' must have \(range.lowerBound) to \(range.upperBound) characters, and at most "
                    + "\(4 * range.upperBound) bytes")
        }
        return text
    }

    /// Returns comma-separated names, each of `all`; none when the parameter is absent or empty.
    func names<S: OpenSet>(_ name: String, of all: [S]) throws -> [S] {
        let names = (text(name)?.split(separator: ",") ?? []).map { S(rawValue: String($0)) }
        if let unknown = names.first(where: { !all.contains($0) }) {
            let all = all.map(\.rawValue).joined(separator: ", ")
            throw Fault(
                .invalidRequest,
                "the query parameter '\(name)' must be of \(all), not '\(unknown.rawValue.prefix(40))'")
        }
        return names
    }

    /// Returns a whole number within `range`; nil when the parameter is absent.
    func number<T: FixedWidthInteger>(_ name: String, in range: ClosedRange<T>) throws -> T? {
        guard let text = values[name] else { return nil }
        guard let number = T(text), range.contains(number) else {
            throw Fault(
                .invalidRequest,
                "the query parameter '\(name)' must be a whole number from \(range.lowerBound) to "
                    + "\(range.upperBound)")
        }
        return number
    }

    /// Returns an identifier; nil when the parameter is absent.
    func id<Kind>(_ name: String) throws -> Identifier<Kind>? {
        guard let text = values[name] else { return nil }
        guard let id = Identifier<Kind>(text) else {
            throw Fault(.invalidRequest, "the query parameter '\(name)' must be an id (a UUID)")
        }
        return id
    }
}

/// A log from which no counterfactual answer can be had.
public enum OffPolicyError: Error, Equatable, CustomStringConvertible {
    case lengths(String, Int, expected: Int)
    case value(String, row: Int, Double, allowed: String)
    case tooFew(Int)
    case noModel(String)
    case badSetting(String)
    case noOverlap(OverlapDiagnostics, reasons: [String])

    public var description: String {
        switch self {
        case .lengths(let name, let found, let expected):
            "\(found) \(name) for \(expected) rewards; columns must be of one length"
        case .value(let name, let row, let value, let allowed): "row \(row): \(name) \(value); it must be \(allowed)"
        case .tooFew(let count): "\(count) decisions; an estimate needs at least 2"
        case .noModel(let name):
            "'\(name)' needs a reward model's predictions; fit one, or choose ips, snips or clipped"
        case .badSetting(let text): text
        case .noOverlap(_, let reasons):
            "the log does not overlap enough with the policy in question to answer: \(reasons.joined(separator: "; "))"
        }
    }
}

internal import Foundation
internal import MarqueeData
internal import MarqueeRuntime

/// How a result came about, to stand in its caption: what each target was ranked against and what
/// was left out. Results are comparable only when these are equal.
public struct EvaluationProtocol: Sendable, Hashable, Codable, CustomStringConvertible {
    /// `full`, `full in book` for the items of a part, or `sampled(99)` for 99 frozen negatives a user.
    public let candidates: String
    /// Where frozen negatives came from.
    public let negatives: String?
    /// What was masked in `full`, such as `train and validation`; nil when nothing was.
    public let masked: String?
    /// What became of the auxiliary interactions of held-out pairs: `kept` in the training data, or
    /// `dropped` from it, the strict protocol; nil where there is one behavior.
    public let auxiliary: String?
    /// The (user, item) pairs masked for the users evaluated; targets are never masked.
    public let maskedPairs: Int
    public let users: Int
    public let targets: Int
    /// Frozen negatives that were one of their user's own targets. They are no rivals and were left
    /// out, as they were in the NCF paper's code, where candidates are a set.
    public let targetsAmongNegatives: Int
    /// Frozen negatives that stood twice in a row and counted once.
    public let repeatedNegatives: Int
    /// A digest of the holdout with all its candidates, so that equal names cannot hide different data.
    public let digest: String

    public var description: String {
        var parts = ["\(candidates)" + (negatives.map { " [\($0)]" } ?? ""), "\(users) users", "\(targets) targets"]
        if let masked { parts.append("masked: \(masked) (\(maskedPairs) pairs)") }
        switch auxiliary {
        case "dropped": parts.append("strict: auxiliary interactions of held-out pairs dropped")
        case .some(let treatment): parts.append("auxiliary interactions of held-out pairs \(treatment)")
        case nil: break
        }
        if targetsAmongNegatives > 0 { parts.append("\(targetsAmongNegatives) negatives equal to a target left out") }
        if repeatedNegatives > 0 { parts.append("\(repeatedNegatives) repeated negatives counted once") }
        return parts.joined(separator: ", ")
    }
}

extension EvaluationProtocol {
    init(
        holdout: Holdout, candidates: CandidateProtocol, seen: InteractionMatrix, masking: String,
        auxiliary: Auxiliary? = nil
    ) {
        self.auxiliary = auxiliary.map { $0 == .keep ? "kept" : "dropped" }
        var digest = Digest()
        digest.add(holdout.users)
        digest.add(holdout.items)
        for offset in holdout.offsets { digest.add(UInt64(offset)) }
        var maskedPairs = 0
        var (targetsAmong, repeated) = (0, 0)
        switch candidates {
        case .full, .part:
            var isCandidate: [Bool]?
            if case .part(_, let items) = candidates {
                var marks = [Bool](repeating: false, count: seen.columnCount)
                for item in items { marks[Int(item)] = true }
                isCandidate = marks
                digest.add(items)
            }
            for (k, user) in holdout.users.enumerated() {
                let row = seen[user]
                let count = isCandidate.map { marks in row.count { marks[Int($0)] } } ?? row.count
                maskedPairs += count - holdout[k].count { seen.contains(user, $0) }
                digest.add(row)
            }
            if case .part(let name, _) = candidates {
                self.candidates = "full in \(name)"
            } else {
                self.candidates = "full"
            }
            negatives = nil
            masked = maskedPairs > 0 ? masking : nil
        case .sampled(let frozen):
            // For each item the last held-out user that it was a candidate of, and as what.
            var marks = [(user: Int, isTarget: Bool)](repeating: (-1, false), count: seen.columnCount)
            for (k, row) in frozen.rows.enumerated() {
                for item in holdout[k] { marks[Int(item)] = (k, true) }
                for item in row {
                    if marks[Int(item)].user != k {
                        marks[Int(item)] = (k, false)
                    } else if marks[Int(item)].isTarget {
                        targetsAmong += 1
                    } else {
                        repeated += 1
                    }
                }
                digest.add(row)
            }
            let counts = frozen.rows.map(\.count)
            let (least, most) = (counts.min() ?? 0, counts.max() ?? 0)
            self.candidates = least == most ? "sampled(\(most))" : "sampled(\(least)–\(most))"
            negatives = frozen.name
            masked = nil
        case .perTarget(let frozen):
            for row in frozen.rows { digest.add(row) }
            self.candidates = "each target against \(frozen.rows.lazy.map(\.count).max() ?? 0)"
            negatives = frozen.name
            masked = nil
        case .rated(let liked):
            for rating in holdout.ratings { digest.add(UInt64(rating.bitPattern)) }
            self.candidates = "rated items, liked from \(String(format: "%g", liked))"
            negatives = nil
            masked = nil
        }
        self.maskedPairs = maskedPairs
        users = holdout.users.count
        targets = holdout.items.count
        targetsAmongNegatives = targetsAmong
        repeatedNegatives = repeated
        self.digest = digest.text
    }
}

extension EvaluationProtocol {
    /// Of slates at moments of a world whose truth is known: no targets are held out.
    /// - Parameter digest: of the moments and of what is offered at them.
    package init(candidates: String, moments: Int, users: Int, digest: String) {
        self.candidates = candidates
        self.digest = digest
        self.users = users
        targets = moments
        (negatives, masked, auxiliary) = (nil, nil, nil)
        (maskedPairs, targetsAmongNegatives, repeatedNegatives) = (0, 0, 0)
    }
}

extension EvaluationProtocol {
    /// The protocol of several parts of one data set together, of so many distinct users.
    init(joining parts: [EvaluationProtocol], users: Int) throws(EvaluationError) {
        let first = parts[0]
        var digest = Digest()
        for part in parts {
            guard part.candidates == first.candidates, part.negatives == first.negatives,
                part.auxiliary == first.auxiliary
            else { throw .differentProtocols("\(first)", "\(part)") }
            for byte in part.digest.utf8 { digest.add(UInt64(byte)) }
        }
        candidates = first.candidates
        negatives = first.negatives
        masked = first.masked
        auxiliary = first.auxiliary
        maskedPairs = parts.reduce(0) { $0 + $1.maskedPairs }
        self.users = users
        targets = parts.reduce(0) { $0 + $1.targets }
        targetsAmongNegatives = parts.reduce(0) { $0 + $1.targetsAmongNegatives }
        repeatedNegatives = parts.reduce(0) { $0 + $1.repeatedNegatives }
        self.digest = digest.text
    }
}

extension Digest {
    fileprivate mutating func add(_ values: some Collection<Int32>) {
        add(UInt64(values.count))
        for value in values { add(UInt64(UInt32(bitPattern: value))) }
    }
}

internal import Foundation
internal import MarqueeTensor

/// How a logit becomes a probability that is right on average among those like it.
struct ClickCalibration: Sendable, Equatable {
    /// Ascending logits with their probabilities, between which it is straight; empty for σ(slope · z + offset).
    private let steps: [(logit: Float, probability: Float)]
    private let slope, offset: Float

    private init(slope: Float = 1, offset: Float = 0, steps: [(logit: Float, probability: Float)] = []) {
        (self.slope, self.offset, self.steps) = (slope, offset, steps)
    }

    /// σ(z).
    static let none = ClickCalibration()

    func callAsFunction(_ logit: Float) -> Float {
        guard let first = steps.first, let last = steps.last else { return 1 / (1 + exp(-(slope * logit + offset))) }
        if logit <= first.logit { return first.probability }
        if logit >= last.logit { return last.probability }
        let k = steps.partitionPoint { $0.logit > logit }
        let (a, b) = (steps[k - 1], steps[k])
        return a.probability
            + (b.probability - a.probability) * (logit - a.logit) / max(b.logit - a.logit, .leastNormalMagnitude)
    }

    /// σ(a · z + b), a and b by Newton's method on the cross entropy of clicks (Platt 1999, its labels drawn to the mean
    /// as there). Left alone where everything or nothing was clicked. O(n) a step.
    static func platt(_ logits: [Float], clicked: [Bool]) -> ClickCalibration {
        let clicks = Double(clicked.count { $0 })
        let others = Double(clicked.count) - clicks
        guard clicks > 0, others > 0 else { return .none }
        let (high, low) = ((clicks + 1) / (clicks + 2), 1 / (others + 2))
        // From where nothing is told apart, as Platt begins: from there Newton's steps do not go too far.
        var (a, b) = (0.0, log((clicks + 1) / (others + 1)))
        for _ in 0..<50 {
            var (ga, gb, aa, ab, bb) = (0.0, 0.0, 1e-9, 0.0, 1e-9)
            for (logit, isClicked) in zip(logits, clicked) {
                let z = Double(logit)
                let p = 1 / (1 + exp(-(a * z + b)))
                let error = p - (isClicked ? high : low)
                let curvature = max(p * (1 - p), 1e-12)
                ga += error * z
                gb += error
                aa += curvature * z * z
                ab += curvature * z
                bb += curvature
            }
            let determinant = aa * bb - ab * ab
            guard determinant > 1e-12 else { break }
            let (da, db) = ((bb * ga - ab * gb) / determinant, (aa * gb - ab * ga) / determinant)
            (a, b) = (a - da, b - db)
            if abs(da) + abs(db) < 1e-9 { break }
        }
        // Clicks that logits tell backwards would turn the ranking round: then only the level is right.
        guard a > 1e-3, a.isFinite, b.isFinite else { return level(logits, clicked) }
        return ClickCalibration(slope: Float(a), offset: Float(b))
    }

    /// σ(z + b) with the mean of the clicks.
    private static func level(_ logits: [Float], _ clicked: [Bool]) -> ClickCalibration {
        let target = Double(clicked.count { $0 })
        var (low, high) = (-30.0, 30.0)
        for _ in 0..<60 {
            let b = (low + high) / 2
            let sum = logits.reduce(0) { $0 + 1 / (1 + exp(-(Double($1) + b))) }
            if sum > target { high = b } else { low = b }
        }
        return ClickCalibration(offset: Float((low + high) / 2))
    }

    /// The non-decreasing steps nearest to the clicks, by pooling adjacent violators, straight between their middles
    /// (Zadrozny and Elkan, KDD 2002), and rising by a millionth at least from one to the next, so that nothing that was
    /// told apart is tied. O(n log n).
    static func isotonic(_ logits: [Float], clicked: [Bool]) -> ClickCalibration {
        guard !logits.isEmpty else { return .none }
        let order = logits.indices.sorted { logits[$0] < logits[$1] }
        var blocks: [(logits: Double, clicks: Double, count: Double)] = []
        for row in order {
            blocks.append((Double(logits[row]), clicked[row] ? 1 : 0, 1))
            while blocks.count > 1 {
                let (a, b) = (blocks[blocks.count - 2], blocks[blocks.count - 1])
                guard a.clicks / a.count >= b.clicks / b.count || a.logits / a.count == b.logits / b.count else {
                    break
                }
                blocks.removeLast(2)
                blocks.append((a.logits + b.logits, a.clicks + b.clicks, a.count + b.count))
            }
        }
        guard blocks.count > 1 else { return level(logits, clicked) }
        var steps: [(logit: Float, probability: Float)] = []
        for block in blocks {
            let logit = Float(block.logits / block.count)
            if let last = steps.last, last.logit >= logit { continue }
            let share = Float((block.clicks + 0.01) / (block.count + 0.02))
            steps.append((logit, min(1, max(share, (steps.last?.probability ?? 0) + 1e-6))))
        }
        // Beyond the outermost middles it goes on for a unit, so that they are told apart too.
        let (first, last) = (steps[0], steps[steps.count - 1])
        steps.insert((first.logit - 30, first.probability / 2), at: 0)
        steps.append((last.logit + 30, (1 + last.probability) / 2))
        return ClickCalibration(steps: steps)
    }

    // MARK: Files

    func save(to artifact: inout Artifact) {
        artifact.store([slope, offset], "calibration", shape: [2])
        artifact.store(steps.flatMap { [$0.logit, $0.probability] }, "calibration.steps", shape: [steps.count, 2])
    }

    init(from artifact: borrowing Artifact) throws {
        let line = try artifact.floats("calibration", shape: [2])
        let count = try artifact.shape("calibration.steps", rank: 2)[0]
        let flat = try artifact.floats("calibration.steps", shape: [count, 2])
        self.init(
            slope: line[0], offset: line[1], steps: (0..<count).map { (flat[2 * $0], flat[2 * $0 + 1]) })
    }

    static func == (a: ClickCalibration, b: ClickCalibration) -> Bool {
        a.slope == b.slope && a.offset == b.offset && a.steps.elementsEqual(b.steps, by: ==)
    }
}

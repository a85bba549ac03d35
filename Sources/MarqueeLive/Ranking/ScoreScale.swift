/// What puts a ranker's scores on one scale with any other's: (s - mean) / deviation over the items with a score.
struct ScoreScale {
    private var mean = 0.0
    /// 1 / deviation; 0 where all scores are alike.
    private var factor = 0.0

    init(_ scores: [Float]) {
        var sum = 0.0, squares = 0.0, count = 0.0
        for score in scores where score.isFinite {
            sum += Double(score)
            squares += Double(score) * Double(score)
            count += 1
        }
        guard count > 0 else { return }
        mean = sum / count
        let deviation = max(0, squares / count - mean * mean).squareRoot()
        if deviation > 0 { factor = 1 / deviation }
    }

    func standardized(_ score: Float) -> Double { (Double(score) - mean) * factor }
}

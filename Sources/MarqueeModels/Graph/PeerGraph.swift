internal import MarqueeData
internal import MarqueeRuntime

/// Who is like whom: users × users, or items × items.
extension InteractionMatrix {
    /// For rows r and s with common columns |N_r ∩ N_s| / |N_r ∪ N_s|, the Jaccard coefficient; each row
    /// keeps the `count` of greatest cosine, and is kept by whom it keeps, so that the result is symmetric.
    ///
    /// O(Σ over columns of count²) time, at most 2 · rows · count entries. Of this matrix the values are not looked at.
    func peers(_ count: Int, pool: WorkerPool) -> InteractionMatrix {
        let binary = mapValues { _, _, _ in 1 }
        let sizes = binary.rowSums()
        var config = NeighborConfig()
        config.neighbors = max(1, count)
        let nearest = Neighborhood(binary, config).nearest(config.neighbors, pool: pool)
        let jaccard = nearest.mapValues { row, other, cosine in
            let (a, b) = (sizes[Int(row)], sizes[Int(other)])
            let common = (cosine * (a * b).squareRoot()).rounded()
            return common / (a + b - common)
        }
        return jaccard.joined(jaccard.transposed())
    }
}

extension TrainingSet {
    /// Users × users, weight 1 where u named v as a friend or as trusted; ties to oneself are left out.
    var tieMatrix: InteractionMatrix {
        let users = Int32(userCount)
        let named = ties.filter { $0.from != $0.to && (0..<users).contains($0.from) && (0..<users).contains($0.to) }
        var log = InteractionLog(
            users: named.map(\.from), items: named.map(\.to), userVocabulary: self.log.userVocabulary)
        log.itemVocabulary = log.userVocabulary
        return InteractionMatrix(log)
    }

    /// The ties that users named, both ways; where there are none, each user's `count` peers by what they
    /// have in common, the user graph of ``CombiGCN``.
    func socialGraph(_ count: Int, pool: WorkerPool) -> InteractionMatrix {
        guard ties.isEmpty else { return tieMatrix.joined(tieMatrix.transposed()) }
        return interactions.peers(count, pool: pool)
    }
}

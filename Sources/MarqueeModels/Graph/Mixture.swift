internal import MarqueeRuntime
internal import MarqueeTensor

/// A weighted sum of several embeddings of the same nodes, Σ_k w_k x_k, with learned weights that add up to 1.
///
/// Parts that a node has nothing of can be left out: their w is 0, and the others add up to 1.
/// - `global`: w = softmax(b), the same for every node;
/// - `node`: w_u = softmax_k(q · tanh(U x_k,u) + b_k), attention that each node pays for itself; U is narrow, as
///   one number comes of it, and as wide a one as a layer's own matrices would double what a step costs.
struct Mixture: Module {
    /// b: [1, parts].
    let bias: Parameter
    /// U and q; nil for global weights.
    let hidden: Linear?
    let query: Parameter?

    private static let hiddenWidth = 32

    init(_ parts: Int, width: Int, _ weights: MixtureWeights, stream: inout RandomStream) {
        bias = Parameter(columns: parts, .constant(0), stream: stream, decays: false)
        guard weights == .node else {
            (hidden, query) = (nil, nil)
            return
        }
        let narrow = min(width, Self.hiddenWidth)
        hidden = Linear(width, narrow, .glorot(inputs: width, outputs: narrow), stream: &stream)
        query = Parameter(
            columns: narrow, .glorot(inputs: narrow, outputs: 1), stream: RandomStream(key: stream.next()))
    }

    /// - Parameter present: whether a node, by its index among the worker's, has anything of a part; nil for all.
    /// - Precondition: as many parts as it was made for, all of one shape.
    func callAsFunction(_ parts: [Tensor], present: ((Int, Int) -> Bool)? = nil, _ tape: Tape) -> Tensor {
        parts.count > 1 ? tape.mix(parts, weights: weights(of: parts, present: present, tape)) : parts[0]
    }

    /// w, for each node: [nodes, parts].
    func weights(of parts: [Tensor], present: ((Int, Int) -> Bool)? = nil, _ tape: Tape) -> Tensor {
        var logits = tape.addBias(logits(parts, parts[0].rows, tape), tape(bias))
        if let present {
            let (rows, columns) = (logits.rows, logits.columns)
            let absence = tape.constant(rows: rows, columns: columns)
            absence.fill { absence in
                for row in 0..<rows {
                    for part in 0..<columns { absence[row * columns + part] = present(row, part) ? 0 : Self.absent }
                }
            }
            logits = tape.add(logits, absence)
        }
        return tape.softmax(logits)
    }

    /// Far below any logit; a node that has nothing of any part still gets weights.
    private static let absent: Float = -1e4

    private func logits(_ parts: [Tensor], _ rows: Int, _ tape: Tape) -> Tensor {
        guard let hidden, let query else {
            return tape.constant([Float](repeating: 0, count: rows * parts.count), rows: rows, columns: parts.count)
        }
        let scores = parts.map {
            tape.matmul(tape.activate(hidden($0, tape), .tanh), tape(query), transposed: true)
        }
        return scores.dropFirst().reduce(scores[0]) { tape.concat($0, $1) }
    }
}

/// Whose weights a mixture of embeddings has: all nodes' alike, or each node's own.
public enum MixtureWeights: String, Codable, Sendable, CaseIterable {
    case global, node
}

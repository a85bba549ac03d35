internal import MarqueeRuntime
public import MarqueeTensor

/// An activation of a model of clicks, a slope a column where it has some:
///
///     relu:   max(0, x)
///     prelu:  x where it is above 0, else α x (He et al., ICCV 2015)
///     dice:   p x + (1 − p) α x,  p = σ((x − mean) / deviation), of the batch in training, running ones after (Zhou et al.,
///             KDD 2018, section 5.2)
public struct ClickActivation: Module {
    public enum Kind: String, Codable, Sendable, CaseIterable {
        case relu, prelu, dice
    }

    private let kind: Kind
    /// α, a value a column; none of ReLU.
    let slopes: [Parameter]
    /// Of Dice.
    let norm: [BatchNorm1d]

    init(_ kind: Kind, _ width: Int) {
        self.kind = kind
        slopes =
            kind == .relu
            ? []
            : [
                Parameter(
                    columns: width, .constant(kind == .prelu ? 0.25 : 0), stream: RandomStream(key: 0), decays: false)
            ]
        norm = kind == .dice ? [BatchNorm1d(width)] : []
    }

    /// Whether the layer before takes it in the same pass.
    var isReLU: Bool { kind == .relu }

    func callAsFunction(_ x: Tensor, _ tape: Tape) -> Tensor {
        guard let slope = slopes.first else { return x }
        guard let norm = norm.first else {
            let positive = tape.activate(x, .relu)
            return tape.add(positive, tape.scaleColumns(tape.add(x, positive, scale: -1), by: tape(slope)))
        }
        // α x + p (x − α x).
        let leaked = tape.scaleColumns(x, by: tape(slope))
        let p = tape.activate(norm(x, tape), .sigmoid)
        return tape.add(leaked, tape.multiply(p, tape.add(x, leaked, scale: -1)))
    }
}

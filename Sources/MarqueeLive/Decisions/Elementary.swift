internal import Foundation

/// Foundation's functions under one roof, so that files that need one do not import it.
enum Elementary {
    static func log1p(_ value: Double) -> Double { Foundation.log1p(value) }
    static func exp2(_ value: Double) -> Double { Foundation.exp2(value) }
}

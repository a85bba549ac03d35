import Testing
@testable import MarqueeEvaluation

import Testing
@testable import MarqueeModels

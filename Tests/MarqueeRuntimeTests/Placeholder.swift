import Testing
@testable import MarqueeRuntime

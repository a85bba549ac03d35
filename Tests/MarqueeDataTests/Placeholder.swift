import Testing

@testable import MarqueeData

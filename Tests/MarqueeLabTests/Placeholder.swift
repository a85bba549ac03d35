import Testing
@testable import MarqueeLab

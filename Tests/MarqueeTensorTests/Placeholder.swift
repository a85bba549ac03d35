import Testing
@testable import MarqueeTensor

internal import Foundation

// The C library's elementary functions, for files that need nothing else of Foundation.
extension Double {
    /// e^x
    package var exponential: Double { exp(self) }
    /// 2^x
    package var powerOfTwo: Double { exp2(self) }
    /// ln x
    package var logarithm: Double { log(self) }
    /// ln(1 + x), exact for small x.
    package var logarithmOfSuccessor: Double { log1p(self) }
    package var sine: Double { sin(self) }
    package var cosine: Double { cos(self) }
}

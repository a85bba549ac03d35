internal import Foundation

// Elementary functions by the C library's name for them, in files that need nothing else of it.
extension Double {
    var exponential: Double { exp(self) }
    var logarithm: Double { log(self) }
    var sine: Double { sin(self) }
    var cosine: Double { cos(self) }
}

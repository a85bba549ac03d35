internal import CMarqueeKernels
internal import COpenBLAS
internal import Foundation

extension BLAS {
    /// Sees to it that OpenBLAS uses the processor's vectors; the first thing that a program does.
    ///
    /// OpenBLAS chooses its kernels by the processor's name, when it is loaded, and takes its oldest for a name younger than
    /// itself: products are then a quarter as fast. Only the environment can tell it better, so the program starts
    /// itself again with `OPENBLAS_CORETYPE` set. Whoever has set that variable is left alone, and children do not
    /// inherit it.
    public static func adoptFastestKernels() {
        #if os(Linux) && arch(x86_64)
            let variable = "OPENBLAS_CORETYPE", mark = "MARQUEE_OPENBLAS_CORETYPE"
            if getenv(mark) != nil {
                unsetenv(variable)
                unsetenv(mark)
                return
            }
            guard getenv(variable) == nil, let name = openblas_get_corename(), oldest.contains(String(cString: name)),
                let better = [3: "Haswell", 4: "SkylakeX"][mq_x86_64_level()]
            else { return }
            setenv(variable, better, 1)
            setenv(mark, better, 1)
            execv("/proc/self/exe", CommandLine.unsafeArgv)
            // Starting again failed: products are slower, their results the same.
            unsetenv(variable)
            unsetenv(mark)
        #endif
    }

    /// Those without 256-bit vectors.
    private static let oldest: Set = ["Prescott", "Core2", "Penryn", "Dunnington", "Nehalem", "Atom", "Generic"]
}

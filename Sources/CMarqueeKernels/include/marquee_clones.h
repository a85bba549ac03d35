#ifndef MARQUEE_CLONES_H
#define MARQUEE_CLONES_H
/* Compiles a function for AVX-512, AVX2 and the baseline and picks at load time; elsewhere the
   plain loop already vectorizes for the one instruction set there is. The one that picks runs before
   ThreadSanitizer is ready for it, so there the baseline has to do. */
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define MQ_PLAIN
#endif
#endif
#if defined(__x86_64__) && defined(__linux__) && !defined(MQ_PLAIN)
#define MQ_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define MQ_CLONES
#endif
/* Lets sums be vectorized: the order of additions is then fixed by the machine, not by the source. */
#define MQ_FAST_SUMS _Pragma("clang fp reassociate(on) contract(fast)")
#endif

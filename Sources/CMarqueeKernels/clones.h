#ifndef MARQUEE_CLONES_H
#define MARQUEE_CLONES_H
/* One copy of a function for each generation of vector units, chosen when the program is loaded. */
#if defined(__x86_64__) && defined(__linux__)
#define MQ_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define MQ_CLONES
#endif
#endif

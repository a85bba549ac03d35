#ifndef ALLOCATION_COUNTER_H
#define ALLOCATION_COUNTER_H
/* How often the calling thread has asked for memory since it started; -1 where that cannot be
   counted (not glibc, or a sanitizer has taken malloc over). */
long allocations_of_this_thread(void);
#endif

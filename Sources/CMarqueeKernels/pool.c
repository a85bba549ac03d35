#include "marquee_pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#ifdef __linux__
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

/* How often a waiting thread looks before it sleeps: some tens of microseconds, longer than the gap
   between two training steps and shorter than what a time slice costs to lose. */
#define SPINS 3000

struct mq_pool {
    int workers;
    pthread_t *threads;
    mq_pool_body body;
    void *context;
    _Alignas(64) atomic_uint generation; /* raised to open a region */
    _Alignas(64) atomic_int running;     /* workers of the open region that are not done */
    _Alignas(64) atomic_int arrived;     /* at the barrier */
    _Alignas(64) atomic_uint phase;      /* raised to open the barrier */
    _Alignas(64) atomic_uint finished;   /* raised when a region closes */
    _Alignas(64) atomic_int sleepers;    /* workers asleep between regions */
    atomic_int waiters;                  /* asleep at the barrier or for the region's end */
    atomic_int closing;
};

struct seat {
    mq_pool *pool;
    int worker;
};

static _Thread_local int inside;

static inline void relax(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* Sleeps while *word is `seen`; may return early. */
static void sleep_while(atomic_uint *word, unsigned seen) {
#ifdef __linux__
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
#else
    (void)word, (void)seen;
    sched_yield();
#endif
}

static void wake_all(atomic_uint *word) {
#ifdef __linux__
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1 << 30, NULL, NULL, 0);
#else
    (void)word;
#endif
}

/* Returns once *word is no longer `seen`; `sleepers` counts those who may need waking. */
static void await_change(atomic_uint *word, unsigned seen, atomic_int *sleepers) {
    for (int i = 0; i < SPINS; i++) {
        if (atomic_load_explicit(word, memory_order_acquire) != seen) return;
        relax();
    }
    atomic_fetch_add(sleepers, 1);
    while (atomic_load(word) == seen) sleep_while(word, seen);
    atomic_fetch_sub(sleepers, 1);
}

/* Raises *word and wakes who sleeps on it. A sleeper counts itself before it looks again, so it is
   either seen here or sees the change. */
static void announce(atomic_uint *word, atomic_int *sleepers) {
    atomic_fetch_add(word, 1);
    if (atomic_load(sleepers) > 0) wake_all(word);
}

static void *serve(void *argument) {
    struct seat seat = *(struct seat *)argument;
    free(argument);
    mq_pool *pool = seat.pool;
    unsigned seen = 0;
    inside = 1;
    for (;;) {
        await_change(&pool->generation, seen, &pool->sleepers);
        seen++;
        if (atomic_load(&pool->closing)) return NULL;
        pool->body(pool->context, seat.worker);
        if (atomic_fetch_sub_explicit(&pool->running, 1, memory_order_acq_rel) == 1)
            announce(&pool->finished, &pool->waiters);
    }
}

mq_pool *mq_pool_create(int workers) {
    mq_pool *pool = aligned_alloc(64, (sizeof(mq_pool) + 63) / 64 * 64);
    if (!pool) return NULL;
    pool->workers = 1;
    pool->threads = calloc((size_t)workers, sizeof(pthread_t));
    if (!pool->threads) {
        free(pool);
        return NULL;
    }
    atomic_init(&pool->generation, 0);
    atomic_init(&pool->running, 0);
    atomic_init(&pool->arrived, 0);
    atomic_init(&pool->phase, 0);
    atomic_init(&pool->sleepers, 0);
    atomic_init(&pool->closing, 0);
    atomic_init(&pool->finished, 0);
    atomic_init(&pool->waiters, 0);
    for (int worker = 1; worker < workers; worker++) {
        struct seat *seat = malloc(sizeof *seat);
        if (seat) *seat = (struct seat){pool, worker};
        if (!seat || pthread_create(&pool->threads[worker], NULL, serve, seat) != 0) {
            free(seat);
            mq_pool_destroy(pool);
            return NULL;
        }
        pool->workers++;
    }
    return pool;
}

void mq_pool_destroy(mq_pool *pool) {
    atomic_store(&pool->closing, 1);
    announce(&pool->generation, &pool->sleepers);
    for (int worker = 1; worker < pool->workers; worker++) pthread_join(pool->threads[worker], NULL);
    free(pool->threads);
    free(pool);
}

void mq_pool_run(mq_pool *pool, mq_pool_body body, void *context) {
    unsigned finished = atomic_load(&pool->finished);
    pool->body = body;
    pool->context = context;
    atomic_store_explicit(&pool->running, pool->workers - 1, memory_order_relaxed);
    announce(&pool->generation, &pool->sleepers);
    inside = 1;
    body(context, 0);
    inside = 0;
    if (pool->workers > 1) await_change(&pool->finished, finished, &pool->waiters);
}

void mq_pool_barrier(mq_pool *pool) {
    unsigned phase = atomic_load_explicit(&pool->phase, memory_order_acquire);
    if (atomic_fetch_add_explicit(&pool->arrived, 1, memory_order_acq_rel) == pool->workers - 1) {
        atomic_store_explicit(&pool->arrived, 0, memory_order_relaxed);
        announce(&pool->phase, &pool->waiters);
    } else {
        await_change(&pool->phase, phase, &pool->waiters);
    }
}

int mq_pool_inside(void) { return inside; }

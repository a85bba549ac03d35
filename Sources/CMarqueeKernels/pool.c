#include "marquee_pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

/* How often a waiting thread looks before it sleeps (regions) or yields (barriers):
   about 30 microseconds, longer than the gap between two training steps and
   shorter than what a time slice costs to lose. */
#define SPINS 4000

struct mq_pool {
    int workers;
    pthread_t *threads;
    mq_pool_body body;
    void *context;
    _Alignas(64) atomic_uint generation; /* raised to open a region */
    _Alignas(64) atomic_int running;     /* workers of the open region that are not done */
    _Alignas(64) atomic_int arrived;     /* at the barrier */
    _Alignas(64) atomic_uint phase;      /* raised to open the barrier */
    _Alignas(64) atomic_int sleepers;
    atomic_int closing;
    pthread_mutex_t mutex;
    pthread_cond_t opened;
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

static void await_generation(mq_pool *pool, unsigned seen) {
    for (int i = 0; i < SPINS; i++) {
        if (atomic_load_explicit(&pool->generation, memory_order_acquire) != seen) return;
        relax();
    }
    pthread_mutex_lock(&pool->mutex);
    atomic_fetch_add(&pool->sleepers, 1);
    while (atomic_load(&pool->generation) == seen) pthread_cond_wait(&pool->opened, &pool->mutex);
    atomic_fetch_sub(&pool->sleepers, 1);
    pthread_mutex_unlock(&pool->mutex);
}

static void open_region(mq_pool *pool) {
    atomic_fetch_add(&pool->generation, 1);
    if (atomic_load(&pool->sleepers) > 0) {
        pthread_mutex_lock(&pool->mutex);
        pthread_cond_broadcast(&pool->opened);
        pthread_mutex_unlock(&pool->mutex);
    }
}

static void *serve(void *argument) {
    struct seat seat = *(struct seat *)argument;
    free(argument);
    mq_pool *pool = seat.pool;
    unsigned seen = 0;
    inside = 1;
    for (;;) {
        await_generation(pool, seen);
        seen++;
        if (atomic_load(&pool->closing)) return NULL;
        pool->body(pool->context, seat.worker);
        atomic_fetch_sub_explicit(&pool->running, 1, memory_order_release);
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
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->opened, NULL);
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
    open_region(pool);
    for (int worker = 1; worker < pool->workers; worker++) pthread_join(pool->threads[worker], NULL);
    pthread_cond_destroy(&pool->opened);
    pthread_mutex_destroy(&pool->mutex);
    free(pool->threads);
    free(pool);
}

void mq_pool_run(mq_pool *pool, mq_pool_body body, void *context) {
    pool->body = body;
    pool->context = context;
    atomic_store_explicit(&pool->running, pool->workers - 1, memory_order_relaxed);
    open_region(pool);
    inside = 1;
    body(context, 0);
    inside = 0;
    for (int i = 0; atomic_load_explicit(&pool->running, memory_order_acquire) > 0; i++) {
        if (i < SPINS) relax();
        else sched_yield();
    }
}

void mq_pool_barrier(mq_pool *pool) {
    unsigned phase = atomic_load_explicit(&pool->phase, memory_order_acquire);
    if (atomic_fetch_add_explicit(&pool->arrived, 1, memory_order_acq_rel) == pool->workers - 1) {
        atomic_store_explicit(&pool->arrived, 0, memory_order_relaxed);
        atomic_store_explicit(&pool->phase, phase + 1, memory_order_release);
        return;
    }
    for (int i = 0; atomic_load_explicit(&pool->phase, memory_order_acquire) == phase; i++) {
        if (i < SPINS) relax();
        else sched_yield();
    }
}

int mq_pool_inside(void) { return inside; }

#ifndef MARQUEE_POOL_H
#define MARQUEE_POOL_H
/* A fixed pool of threads for short parallel regions. */
typedef struct mq_pool mq_pool;
typedef void (*mq_pool_body)(void *context, int worker);

/* `workers` counts the calling thread; NULL when threads cannot be had. */
mq_pool *mq_pool_create(int workers);
/* Not from inside a region. */
void mq_pool_destroy(mq_pool *pool);
/* Runs body(context, w) for every w in 0..<workers and returns when all have.
   The caller is worker 0. One caller at a time; not from inside a region. */
void mq_pool_run(mq_pool *pool, mq_pool_body body, void *context);
/* Inside a region: returns once every worker has arrived. All workers must call it equally often. */
void mq_pool_barrier(mq_pool *pool);
/* Whether the calling thread is inside a region of some pool. */
int mq_pool_inside(void);
#endif

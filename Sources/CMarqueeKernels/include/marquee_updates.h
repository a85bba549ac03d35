#ifndef MARQUEE_UPDATES_H
#define MARQUEE_UPDATES_H
/* Update rules of the optimizers and the collecting of sparse gradients. */
#include <stdint.h>

struct mq_adam {
    float rate; /* learning rate with both bias corrections folded in: rate * sqrt(c2) / c1 */
    float beta1, beta2;
    float epsilon; /* times sqrt(c2) */
    float decay;   /* coupled weight decay: added to the gradient */
    float shrink;  /* decoupled: the weight is multiplied by it first; 1 for none */
};
void mq_adam_update(const struct mq_adam *rule, float *weight, const float *gradient, float *m, float *v, long count);
void mq_sgd_update(float rate, float momentum, float decay, float *weight, const float *gradient, float *velocity,
                   long count);
void mq_adagrad_update(float rate, float epsilon, float decay, float *weight, const float *gradient, float *sum,
                       long count);
/* The same for rows[i] of a table with gradient sums[i, width]; state is [rows, state width · width].
   touched[row] is the step that last advanced a row, NULL when rows asleep keep their moments. */
void mq_adam_rows(const struct mq_adam *rule, float *table, float *state, int32_t *touched, int32_t step,
                  const int32_t *rows, const float *sums, int count, int width);
void mq_sgd_rows(float rate, float momentum, float decay, float *table, float *state, const int32_t *rows,
                 const float *sums, int count, int width);
void mq_adagrad_rows(float rate, float epsilon, float decay, float *table, float *state, const int32_t *rows,
                     const float *sums, int count, int width);
double mq_sum_of_squares(const float *x, long count);

/* One gather of a step: gradients of `count` rows named by `ids`, `stride` apart. */
struct mq_lookup {
    const int32_t *ids;
    const float *gradient;
    long stride;
    int count;
};
/* Adds up the gradients of the rows that belong to worker `owner` of `owners`, in lookup order.
   `slots` has 2^bits entries, all -1, and is left so. Distinct rows go to `rows`, sums to
   `sums` [distinct, width]. Returns the number of distinct rows. */
int mq_collect_rows(const struct mq_lookup *lookups, int lookup_count, int width, int owner, int owners, int32_t *slots,
                    int bits, int32_t *rows, float *sums);
#endif

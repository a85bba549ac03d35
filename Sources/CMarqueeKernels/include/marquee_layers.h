#ifndef MARQUEE_LAYERS_H
#define MARQUEE_LAYERS_H
/* Forward and backward loops of the layers, on row-major [rows, columns] floats.
   `accumulate` adds to the destination instead of overwriting it. */
#include <stdint.h>

/* y[c] = sum over rows of x[r, c]. */
void mq_sum_rows(const float *x, int rows, int columns, float *y);
/* dx[r] (+)= dy, the same row for every r. */
void mq_repeat_row(const float *dy, float *dx, int rows, int columns, int accumulate);
/* Softmax of each row; backwards dx (+)= y * (dy - sum_c y * dy). */
void mq_softmax_rows(const float *x, float *y, long rows, int columns);
void mq_softmax_rows_backward(const float *y, const float *dy, float *dx, long rows, int columns, int accumulate);
/* The same of each row's first lengths[r] columns, and of those where mask is not 0; the others get 0. */
void mq_softmax_row_prefixes(const float *x, const int32_t *lengths, float *y, long rows, int columns);
void mq_softmax_masked_rows(const float *x, const float *mask, float *y, long rows, int columns);

/* y += bias, then max(0, y) when relu. */
void mq_bias_relu(float *y, const float *bias, int rows, int columns, int relu);
/* In place: dy = 0 where y <= 0 when relu; db (+)= column sums of dy. */
void mq_bias_relu_backward(float *dy, const float *y, float *db, int rows, int columns, int relu, int accumulate);

/* y[r] = a[r] · v; backwards da[r] (+)= dy[r] v and dv (+)= sum_r dy[r] a[r], either of which may be NULL. */
void mq_rows_by_vector(const float *a, const float *v, float *y, long rows, int columns);
void mq_rows_by_vector_backward(const float *a, const float *v, const float *dy, float *da, int accumulate_a, float *dv,
                                int accumulate_v, long rows, int columns);

enum mq_activation { MQ_RELU, MQ_LEAKY_RELU, MQ_SIGMOID, MQ_TANH, MQ_SOFTPLUS, MQ_GELU, MQ_EXPONENTIAL };
void mq_activate(enum mq_activation kind, float slope, const float *x, float *y, long count);
void mq_activate_backward(enum mq_activation kind, float slope, const float *x, const float *y, const float *dy,
                          float *dx, long count, int accumulate);

/* Column means and sums of squared deviations from them, in two passes. */
void mq_column_moments(const float *x, int rows, int columns, float *mean, float *deviation);
/* y = dropout((x - mean) * scale + beta); threshold of 65536 are dropped, 0 for none. */
void mq_normalize_columns(const float *x, float *y, int rows, int columns, const float *mean, const float *scale,
                          const float *beta, uint32_t threshold, uint64_t key);
/* In place: dy through the dropout; sums over rows of dy and of dy * xhat. */
void mq_normalize_columns_sums(float *dy, const float *x, int rows, int columns, const float *mean,
                               const float *inverse, uint32_t threshold, uint64_t key, float *sum, float *projection);
/* dx (+)= scale * dy - offset - slope * (x - mean), 0 where relu and x <= 0; db, unless NULL, += its
   column sums. */
void mq_normalize_columns_backward(const float *dy, const float *x, float *dx, int rows, int columns, const float *mean,
                                   const float *scale, const float *offset, const float *slope, float *db, int relu,
                                   int accumulate);

/* Per row: y = (x - mean) * inverse * gamma + beta; mean and inverse of each row are kept. */
void mq_normalize_rows(const float *x, float *y, int rows, int columns, const float *gamma, const float *beta,
                       float epsilon, float *mean, float *inverse);
void mq_normalize_rows_backward(const float *dy, const float *x, float *dx, int rows, int columns, const float *gamma,
                                const float *mean, const float *inverse, float *dgamma, float *dbeta, int accumulate,
                                int accumulate_gamma, int accumulate_beta);

/* y (+)= x where kept / (1 - p), 0 where dropped; the same key gives the same mask. */
void mq_dropout(const float *x, float *y, long count, uint32_t threshold, uint64_t key, int accumulate);
/* The same in place. */
void mq_dropout_in_place(float *x, long count, uint32_t threshold, uint64_t key);

/* out[i] (stride apart) = table[ids[i]]. */
void mq_gather(const float *table, int width, const int32_t *ids, long count, float *out, long stride);
/* Rows (stride apart) whose id is `padding` become zeros. */
void mq_clear_rows(const int32_t *ids, int32_t padding, long count, float *rows, long stride, int width);
/* Rows whose id is not `padding` move up over the others, in place, their ids to `kept`; returns their number. */
long mq_compact_rows(const int32_t *ids, int32_t padding, long count, float *rows, long stride, int width,
                     int32_t *kept);
/* y[i] = sum_c a[i, c] * b[i, c]. */
void mq_dot_rows(const float *a, const float *b, float *y, long rows, int columns);
/* da[i] (+)= dy[i] * b[i]. */
void mq_scale_rows(const float *dy, const float *b, float *da, long rows, int columns, int accumulate);
/* y[i] (+)= w[i] * x[i], weights `stride` apart. */
void mq_mix(const float *w, long stride, const float *x, float *y, long rows, int columns, int accumulate);
/* Backwards: dw[i] += sum_c dy[i, c] * x[i, c], `stride` apart. */
void mq_mix_weights(const float *dy, const float *x, float *dw, long stride, long rows, int columns);
/* The same for rows that end in a bias: y[i] = sum_{c < k} a[i, c] * b[i, c] + a[i, k] + b[i, k]. */
void mq_biased_dot_rows(const float *a, const float *b, float *y, long rows, int columns);
void mq_biased_scale_rows(const float *dy, const float *b, float *da, long rows, int columns, int accumulate);
/* y (+)= scale * x. */
void mq_axpy(float scale, const float *x, float *y, long count, int accumulate);
/* y (+)= a * b. */
void mq_multiply(const float *a, const float *b, float *y, long count, int accumulate);
/* y[r, c] (+)= x[r, c] * factors[c]; backwards to the factors (+)= sum over rows of dy[r, c] * x[r, c]. */
void mq_scale_columns(const float *x, const float *factors, float *y, long rows, int columns, int accumulate);
void mq_scale_columns_factors(const float *dy, const float *x, float *dfactors, long rows, int columns, int accumulate);
/* Copies columns: y[i, to ..< to + width] (+)= x[i, from ..< from + width]. */
void mq_copy_columns(const float *x, long x_stride, float *y, long y_stride, long rows, int width, int accumulate);

/* Each returns the sum of losses; gradients are already divided by the batch through `scale`. */
double mq_bce_with_logits(const float *logits, const float *labels, const float *weights, long count, float scale,
                          float *dlogits);
double mq_bpr(const float *positive, const float *negative, long count, float scale, float *dpositive,
              float *dnegative);
/* logits [rows, columns], the right column of each row in targets; NULL when it is column 0. */
double mq_softmax_cross_entropy(const float *logits, const int32_t *targets, long rows, int columns, float scale,
                                float *dlogits);
/* The same over many columns, in place: logits become their gradients. A row whose target is negative does not count. */
double mq_softmax_cross_entropy_in_place(float *logits, const int32_t *targets, long rows, int columns, float scale);
/* Each of `count` logits a row, rows `stride` apart, loses log q of its candidate (NULL for 0), and is -inf where the
   candidate is the row's target. Candidates are the same for all rows, or `count` a row where `per_row`. */
void mq_correct_candidates(float *logits, long stride, const int32_t *targets, const int32_t *candidates,
                           const float *log_q, long rows, int count, int per_row);
/* (x - target) squared. */
double mq_squared_error(const float *x, const float *targets, long count, float scale, float *dx);
#endif

#ifndef MARQUEE_SEQUENCES_H
#define MARQUEE_SEQUENCES_H
/* Recurrent steps over many sequences at once, and sums of their rows. Matrices are row-major. */
#include <stdint.h>

/* An LSTM's step for `rows` sequences. `gates` [rows, 4 hidden] holds W x + U h + b of i, f, g, o, one behind the other,
   and keeps σ(i), σ(f), tanh(g), σ(o):
       c = σ(f) ∘ decay ∘ c' + σ(i) ∘ tanh(g),   h = σ(o) ∘ tanh(c).
   c' is `before` [rows, hidden], NULL for zero; `decay` is [rows, decay_columns] of 1 or `hidden` columns, NULL for 1. */
struct mq_lstm {
    int rows, hidden, decay_columns;
    const float *before, *decay;
};
void mq_lstm_step(const struct mq_lstm *step, float *gates, float *cell, float *output);
/* Backwards: `gates` as the step kept them become the gradients of what they were before; `dcell` holds the gradient
   of c from later steps and becomes that of c'. ddecay, unless NULL, is written. */
void mq_lstm_step_backward(const struct mq_lstm *step, float *gates, const float *cell, const float *doutput,
                           float *dcell, float *ddecay);

/* A GRU's step. `gates` [rows, 3 hidden] holds W x + b of r, z, n and keeps their values; `recurrent` [rows, 3 hidden]
   holds U h', NULL for zero; `candidate` [rows, hidden] keeps U_n h' + c_n:
       r = σ(r + U_r h'), z = σ(z + U_z h'), n = tanh(n + r ∘ (U_n h' + c_n)), h = n + z ∘ (h' − n). */
void mq_gru_step(int rows, int hidden, const float *before, const float *recurrent, const float *bias, float *gates,
                 float *candidate, float *output);
/* Backwards: `gates` become the gradients of W x + b, `drecurrent` those of U h'; dbefore, unless NULL, is added to. */
void mq_gru_step_backward(int rows, int hidden, const float *before, const float *candidate, const float *doutput,
                          float *gates, float *drecurrent, float *dbefore);

/* y[r] = x[ids[r]], zeros where that is negative; backwards dx[ids[r]] += dy[r]. */
void mq_take_rows(const float *x, const int32_t *ids, float *y, long rows, int columns);
void mq_put_rows(const float *dy, const int32_t *ids, float *dx, long rows, int columns);
/* y[s] = the mean of rows offsets[s] ..< offsets[s + 1], zeros where there are none; backwards. */
void mq_mean_sequences(const float *x, const int32_t *offsets, float *y, long count, int columns);
void mq_mean_sequences_backward(const float *dy, const int32_t *offsets, float *dx, long count, int columns);
/* Each column's softmax over the rows of each sequence; backwards dx (+)= y (dy - Σ y dy). */
void mq_softmax_sequences(const float *x, const int32_t *offsets, float *y, long count, int columns);
void mq_softmax_sequences_backward(const float *y, const float *dy, const int32_t *offsets, float *dx, long count,
                                   int columns, int accumulate);

/* Counts as a history is walked: s ← recency s, then s[columns[k]] += values[k]. */
void mq_walk_counts(float recency, const int32_t *columns, const float *values, long entries, float *s, long count);
/* y = ln(share s + floor), of positive numbers. */
void mq_log_counts(float share, const float *s, const float *floor, float *y, long count);

#endif

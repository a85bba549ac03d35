#ifndef MARQUEE_ATTENTION_H
#define MARQUEE_ATTENTION_H
/* Scaled dot-product attention, a block of queries against a block of keys at a time (Dao et al., "FlashAttention",
   NeurIPS 2022): the loops between the matrix products. Scores are [rows, columns], queries by keys, dense. */
#include <stdint.h>

/* Keys that a causal query does not see: query `query + r` sees keys `key + c` of `key + c <= query + r` alone. All
   are seen where `causal` is 0. */
struct mq_attention_block {
    int rows, columns, causal, query, key;
};

enum mq_distance { MQ_RELATIVE, MQ_LOGARITHMIC };
/* An additive bias by bucket of the distance of a query and a key, whose positions are those of the block's rows.
   MQ_RELATIVE: key − query, held within ±(buckets / 2), plus buckets / 2. MQ_LOGARITHMIC: 2^fineness buckets an octave
   of 1 + |key − query|, the last bucket for all that is farther. */
struct mq_attention_bias {
    enum mq_distance distance;
    int buckets, fineness;
    const int32_t *query_positions, *key_positions;
    const float *table; /* [buckets] */
};
/* The bucket of two positions. */
int mq_attention_bucket(const struct mq_attention_bias *bias, int32_t query, int32_t key);
/* scores += table[bucket]; backwards dtable[bucket] += dscores. */
void mq_attention_add_bias(const struct mq_attention_bias *bias, int rows, int columns, float *scores);
void mq_attention_bias_backward(const struct mq_attention_bias *bias, int rows, int columns, const float *dscores,
                                float *dtable);

/* Scores become exp(score − peak), 0 where not seen; `peak` and `sum` [rows] go on from earlier blocks, and `output`
   [rows, width], rows `stride` apart, is scaled to the new peak. Before the first block peak = -inf, sum = 0. */
void mq_attention_softmax(struct mq_attention_block block, float *scores, float *peak, float *sum, float *output,
                          int width, long stride);
/* output /= sum; peak becomes log Σ exp(score), +inf of a row that saw no key, whose output is 0. */
void mq_attention_finish(int rows, float *peak, const float *sum, float *output, int width, long stride);
/* Backwards: scores become exp(score − log_sum), 0 where not seen. */
void mq_attention_probabilities(struct mq_attention_block block, const float *log_sum, float *scores);
/* along[r] = Σ_c output[r, c] · doutput[r, c], rows `stride` apart. */
void mq_attention_along(int rows, const float *output, const float *doutput, int width, long stride, float *along);
/* dprobabilities become the gradients of the scores: p (dp − along). */
void mq_attention_scores_backward(int rows, int columns, const float *probabilities, const float *along,
                                  float *dprobabilities);

#endif

#include "marquee_attention.h"

#include <math.h>
#include <string.h>

#include "marquee_clones.h"
#include "marquee_exponential.h"

#define INLINE static inline __attribute__((always_inline))

/* Bits of a float behind its exponent, and the exponent of 1. */
#define SIGNIFICAND 23
#define EXPONENT_OF_ONE 127

INLINE int bucket(const struct mq_attention_bias *b, int32_t query, int32_t key) {
    if (b->distance == MQ_RELATIVE) {
        const int limit = b->buckets / 2, distance = key - query;
        return (distance < -limit ? -limit : distance > limit ? limit : distance) + limit;
    }
    /* The exponent of 1 + distance and the first bits behind it: a logarithm in equal steps, without a call. */
    const float size = 1 + (float)(key > query ? key - query : query - key);
    uint32_t bits;
    memcpy(&bits, &size, sizeof bits);
    const int index = (int)(bits >> (SIGNIFICAND - b->fineness)) - (EXPONENT_OF_ONE << b->fineness);
    return index < b->buckets ? index : b->buckets - 1;
}

int mq_attention_bucket(const struct mq_attention_bias *bias, int32_t query, int32_t key) {
    return bucket(bias, query, key);
}

MQ_CLONES void mq_attention_add_bias(const struct mq_attention_bias *bias, int rows, int columns,
                                     float *restrict scores) {
    const struct mq_attention_bias b = *bias;
    for (int r = 0; r < rows; r++, scores += columns)
        for (int c = 0; c < columns; c++) scores[c] += b.table[bucket(&b, b.query_positions[r], b.key_positions[c])];
}

MQ_CLONES void mq_attention_bias_backward(const struct mq_attention_bias *bias, int rows, int columns,
                                          const float *restrict dscores, float *restrict dtable) {
    const struct mq_attention_bias b = *bias;
    for (int r = 0; r < rows; r++, dscores += columns)
        for (int c = 0; c < columns; c++) dtable[bucket(&b, b.query_positions[r], b.key_positions[c])] += dscores[c];
}

/* How many keys of a block its row r sees: they are the first ones. */
INLINE int seen(const struct mq_attention_block *b, int r) {
    if (!b->causal) return b->columns;
    const int count = b->query + r + 1 - b->key;
    return count < 0 ? 0 : count > b->columns ? b->columns : count;
}

MQ_CLONES void mq_attention_softmax(struct mq_attention_block block, float *restrict scores, float *restrict peak,
                                    float *restrict sum, float *restrict output, int width, long stride) {
    MQ_FAST_SUMS
    for (int r = 0; r < block.rows; r++, scores += block.columns, output += stride) {
        const int count = seen(&block, r);
        float largest = peak[r], total = 0;
        for (int c = 0; c < count; c++) largest = scores[c] > largest ? scores[c] : largest;
        for (int c = 0; c < count; c++) total += scores[c] = mq_exp(scores[c] - largest);
        for (int c = count; c < block.columns; c++) scores[c] = 0;
        if (count == 0) continue;
        const float scale = sum[r] > 0 ? mq_exp(peak[r] - largest) : 0;
        if (sum[r] > 0 && scale != 1)
            for (int c = 0; c < width; c++) output[c] *= scale;
        sum[r] = sum[r] * scale + total;
        peak[r] = largest;
    }
}

MQ_CLONES void mq_attention_finish(int rows, float *restrict peak, const float *restrict sum, float *restrict output,
                                   int width, long stride) {
    for (int r = 0; r < rows; r++, output += stride) {
        const float share = sum[r] > 0 ? 1 / sum[r] : 0;
        for (int c = 0; c < width; c++) output[c] *= share;
        peak[r] = sum[r] > 0 ? peak[r] + logf(sum[r]) : INFINITY;
    }
}

MQ_CLONES void mq_attention_probabilities(struct mq_attention_block block, const float *restrict log_sum,
                                          float *restrict scores) {
    for (int r = 0; r < block.rows; r++, scores += block.columns) {
        const int count = seen(&block, r);
        for (int c = 0; c < count; c++) scores[c] = mq_exp(scores[c] - log_sum[r]);
        for (int c = count; c < block.columns; c++) scores[c] = 0;
    }
}

MQ_CLONES void mq_attention_along(int rows, const float *restrict output, const float *restrict doutput, int width,
                                  long stride, float *restrict along) {
    MQ_FAST_SUMS
    for (int r = 0; r < rows; r++, output += stride, doutput += stride) {
        float sum = 0;
        for (int c = 0; c < width; c++) sum += output[c] * doutput[c];
        along[r] = sum;
    }
}

MQ_CLONES void mq_attention_scores_backward(int rows, int columns, const float *restrict probabilities,
                                            const float *restrict along, float *restrict dprobabilities) {
    for (int r = 0; r < rows; r++, probabilities += columns, dprobabilities += columns)
        for (int c = 0; c < columns; c++) dprobabilities[c] = probabilities[c] * (dprobabilities[c] - along[r]);
}

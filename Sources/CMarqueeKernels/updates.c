#include "marquee_updates.h"

#include <math.h>
#include <stddef.h>

#include "marquee_clones.h"

/* Rows whose state is fetched before its turn comes. */
#define AHEAD 12

/* sqrtf may set errno, which keeps loops scalar. */
#define root(x) __builtin_elementwise_sqrt(x)
#define INLINE static inline __attribute__((always_inline))

INLINE void adam(const struct mq_adam *rule, float *restrict weight, const float *restrict gradient, float *restrict m,
                 float *restrict v, long count, float forget1, float forget2) {
    float rate = rule->rate, epsilon = rule->epsilon, decay = rule->decay, shrink = rule->shrink;
    float b1 = rule->beta1 * forget1, b2 = rule->beta2 * forget2, a1 = 1 - rule->beta1, a2 = 1 - rule->beta2;
    for (long i = 0; i < count; i++) {
        float g = gradient[i] + decay * weight[i];
        m[i] = b1 * m[i] + a1 * g;
        v[i] = b2 * v[i] + a2 * g * g;
        weight[i] = weight[i] * shrink - rate * m[i] / (root(v[i]) + epsilon);
    }
}

INLINE void sgd(float rate, float momentum, float decay, float *restrict weight, const float *restrict gradient,
                float *restrict velocity, long count) {
    if (!velocity) {
        for (long i = 0; i < count; i++) weight[i] -= rate * (gradient[i] + decay * weight[i]);
        return;
    }
    for (long i = 0; i < count; i++) {
        velocity[i] = momentum * velocity[i] + gradient[i] + decay * weight[i];
        weight[i] -= rate * velocity[i];
    }
}

INLINE void adagrad(float rate, float epsilon, float decay, float *restrict weight, const float *restrict gradient,
                    float *restrict sum, long count) {
    for (long i = 0; i < count; i++) {
        float g = gradient[i] + decay * weight[i];
        sum[i] += g * g;
        weight[i] -= rate * g / (root(sum[i]) + epsilon);
    }
}

MQ_CLONES void mq_adam_update(const struct mq_adam *rule, float *weight, const float *gradient, float *m, float *v,
                              long count) {
    adam(rule, weight, gradient, m, v, count, 1, 1);
}

MQ_CLONES void mq_sgd_update(float rate, float momentum, float decay, float *weight, const float *gradient,
                             float *velocity, long count) {
    sgd(rate, momentum, decay, weight, gradient, velocity, count);
}

MQ_CLONES void mq_adagrad_update(float rate, float epsilon, float decay, float *weight, const float *gradient,
                                 float *sum, long count) {
    adagrad(rate, epsilon, decay, weight, gradient, sum, count);
}

MQ_CLONES void mq_adam_rows(const struct mq_adam *rule, float *table, float *state, int32_t *touched, int32_t step,
                            const int32_t *rows, const float *sums, int count, int width) {
    for (int r = 0; r < count; r++) {
        long row = rows[r];
        if (r + AHEAD < count) __builtin_prefetch(state + (long)rows[r + AHEAD] * 2 * width, 1);
        float forget1 = 1, forget2 = 1;
        if (touched) {
            int32_t asleep = step - 1 - touched[row];
            if (asleep > 0 && touched[row] > 0) {
                forget1 = powf(rule->beta1, (float)asleep);
                forget2 = powf(rule->beta2, (float)asleep);
            }
            touched[row] = step;
        }
        float *m = state + row * 2 * width;
        const float *gradient = sums + (long)r * width;
        /* The usual widths as constants, so that their loops unroll. */
        switch (width) {
        case 8: adam(rule, table + row * 8, gradient, m, m + 8, 8, forget1, forget2); break;
        case 16: adam(rule, table + row * 16, gradient, m, m + 16, 16, forget1, forget2); break;
        default: adam(rule, table + row * width, gradient, m, m + width, width, forget1, forget2);
        }
    }
}

MQ_CLONES void mq_sgd_rows(float rate, float momentum, float decay, float *table, float *state, const int32_t *rows,
                           const float *sums, int count, int width) {
    for (int r = 0; r < count; r++) {
        long row = (long)rows[r] * width;
        sgd(rate, momentum, decay, table + row, sums + (long)r * width, state ? state + row : NULL, width);
    }
}

MQ_CLONES void mq_adagrad_rows(float rate, float epsilon, float decay, float *table, float *state, const int32_t *rows,
                               const float *sums, int count, int width) {
    for (int r = 0; r < count; r++) {
        long row = (long)rows[r] * width;
        adagrad(rate, epsilon, decay, table + row, sums + (long)r * width, state + row, width);
    }
}

MQ_CLONES double mq_sum_of_squares(const float *x, long count) {
    MQ_FAST_SUMS
    double sum = 0;
    for (long i = 0; i < count; i++) sum += (double)x[i] * x[i];
    return sum;
}

MQ_CLONES int mq_collect_rows(const struct mq_lookup *lookups, int lookup_count, int width, int owner, int owners,
                              int32_t *restrict slots, int bits, int32_t *restrict rows, float *restrict sums) {
    int distinct = 0;
    uint32_t mask = (1u << bits) - 1;
    for (int l = 0; l < lookup_count; l++) {
        const struct mq_lookup lookup = lookups[l];
        for (int i = 0; i < lookup.count; i++) {
            int32_t id = lookup.ids[i];
            uint32_t hash = (uint32_t)id * 0x9E3779B1u;
            /* The high bits pick the owner, the low ones the slot. */
            if ((int)(((uint64_t)hash * (uint32_t)owners) >> 32) != owner) continue;
            uint32_t slot = (hash ^ hash >> 15) & mask;
            while (slots[slot] >= 0 && rows[slots[slot]] != id) slot = (slot + 1) & mask;
            const float *gradient = lookup.gradient + i * lookup.stride;
            if (slots[slot] < 0) {
                slots[slot] = distinct;
                rows[distinct] = id;
                float *sum = sums + (long)distinct * width;
                for (int c = 0; c < width; c++) sum[c] = gradient[c];
                distinct++;
            } else {
                float *sum = sums + (long)slots[slot] * width;
                for (int c = 0; c < width; c++) sum[c] += gradient[c];
            }
        }
    }
    for (int d = 0; d < distinct; d++) {
        uint32_t hash = (uint32_t)rows[d] * 0x9E3779B1u;
        uint32_t slot = (hash ^ hash >> 15) & mask;
        while (slots[slot] != d) {
            /* Slots cleared before this one may have broken the chain; it still ends at d. */
            slot = (slot + 1) & mask;
        }
        slots[slot] = -1;
    }
    return distinct;
}

#include "marquee_walks.h"
#include "marquee_clones.h"
#include <string.h>

typedef float quad __attribute__((vector_size(16), aligned(4), may_alias));

void mq_walk_to_users(const mq_walk_side *users, const mq_walk_side *items, int32_t row, const uint8_t *counted,
                      int32_t self, int32_t hidden, uint8_t hidden_mask, float *weights) {
    const int32_t graphs = users->graphs, width = 4 * users->quads;
    /* What says that an edge is still there: any behavior. */
    const uint8_t behaviors = graphs == 1 ? 1 : (uint8_t)((1 << (graphs - 1)) - 1);
    float choices[MQ_WALK_GRAPHS];
    memcpy(choices, users->degrees + (ptrdiff_t)row * width, sizeof(float) * (size_t)width);
    const ptrdiff_t begin = users->offsets[row], end = users->offsets[row + 1];
    uint8_t hidden_rest = 0;
    for (ptrdiff_t e = begin; e < end; e++) {
        if (users->columns[e] != hidden) continue;
        const uint8_t mask = users->masks[e], rest = mask & (uint8_t)~hidden_mask;
        hidden_rest = rest & behaviors ? (uint8_t)(rest | (mask & ~behaviors)) : 0;
        for (int32_t g = 0; g < graphs; g++) choices[g] -= (float)((mask & ~hidden_rest) >> g & 1);
    }
    for (ptrdiff_t e = begin; e < end; e++) {
        const int32_t item = users->columns[e];
        const uint8_t mask = item == hidden ? hidden_rest : users->masks[e];
        if (!mask) continue;
        /* In which graphs the item counts the one who walks. */
        const uint8_t own = counted ? counted[e - begin] : mask;
        float steps[MQ_WALK_GRAPHS];
        for (int32_t g = 0; g < graphs; g++) {
            const float others = items->degrees[(ptrdiff_t)item * width + g] - (float)(own >> g & 1);
            steps[g] = mask >> g & 1 && others > 0 ? 1 / (choices[g] * others) : 0;
        }
        for (ptrdiff_t f = items->offsets[item]; f < items->offsets[item + 1]; f++) {
            const int32_t other = items->columns[f];
            if (other == self) continue;
            float *weight = weights + (ptrdiff_t)other * width;
            for (int32_t g = 0; g < graphs; g++) weight[g] += (float)(items->masks[f] >> g & 1) * steps[g];
        }
    }
}

/* log x of a positive normal number: the exponent, and 2 artanh((m - 1) / (m + 1)) of the mantissa. */
static inline float quick_log(float x) {
    int32_t bits;
    memcpy(&bits, &x, sizeof bits);
    const int32_t exponent = (bits >> 23) - 127;
    bits = (bits & 0x7fffff) | 0x3f800000;
    float mantissa;
    memcpy(&mantissa, &bits, sizeof mantissa);
    const float t = (mantissa - 1) / (mantissa + 1), s = t * t;
    const float series = t * (2 + s * (2.f / 3 + s * (2.f / 5 + s * (2.f / 7 + s * (2.f / 9)))));
    return (float)exponent * 0.69314718f + series;
}

/* Bit by bit, 0 or 1. */
static const float bits[16][4] = {
    {0, 0, 0, 0}, {1, 0, 0, 0}, {0, 1, 0, 0}, {1, 1, 0, 0}, {0, 0, 1, 0}, {1, 0, 1, 0}, {0, 1, 1, 0}, {1, 1, 1, 0},
    {0, 0, 0, 1}, {1, 0, 0, 1}, {0, 1, 0, 1}, {1, 1, 0, 1}, {0, 0, 1, 1}, {1, 0, 1, 1}, {0, 1, 1, 1}, {1, 1, 1, 1},
};

/* The probabilities of one item, [h, g] in quads: what its users carry, shared out among their items. */
static inline __attribute__((always_inline)) void gather(const mq_walk_side *users, const mq_walk_side *items,
                                                         const float *weights, int32_t item, int quads,
                                                         quad sums[MQ_WALK_GRAPHS][2]) {
    for (int h = 0; h < 4 * quads; h++) sums[h][0] = sums[h][1] = (quad){0, 0, 0, 0};
    for (ptrdiff_t f = items->offsets[item]; f < items->offsets[item + 1]; f++) {
        const ptrdiff_t offset = (ptrdiff_t)items->columns[f] * 4 * quads;
        const quad *weight = (const quad *)(weights + offset), *inverse = (const quad *)(users->inverses + offset);
        for (int q = 0; q < quads; q++) {
            const quad step = inverse[q] * *(const quad *)bits[items->masks[f] >> 4 * q & 15];
            for (int h = 0; h < 4; h++)
                for (int p = 0; p < quads; p++) sums[4 * q + h][p] += weight[p] * step[h];
        }
    }
}

MQ_CLONES
void mq_walk_to_items(const mq_walk_side *users, const mq_walk_side *items, const float *weights, const int32_t *asked,
                      ptrdiff_t count, float scale, float floor, float *out, ptrdiff_t stride) {
    const int32_t graphs = users->graphs;
    for (ptrdiff_t k = 0; k < count; k++) {
        quad sums[MQ_WALK_GRAPHS][2];
        if (users->quads == 1)
            gather(users, items, weights, asked[k], 1, sums);
        else
            gather(users, items, weights, asked[k], 2, sums);
        for (int32_t g = 0; g < graphs; g++)
            for (int32_t h = 0; h < graphs; h++)
                out[k * stride + g * graphs + h] = quick_log(floor + scale * sums[h][g / 4][g % 4]);
    }
}

MQ_CLONES
void mq_dots_by_part(const float *x, ptrdiff_t width, const int32_t *asked, ptrdiff_t count, const float *vector,
                     float *out, ptrdiff_t stride) {
    MQ_FAST_SUMS
    for (ptrdiff_t k = 0; k < count; k++) {
        const float *row = x + asked[k] * width;
        float sum = 0;
        ptrdiff_t from = 0;
        for (int part = 0; part < 4; part++) {
            const ptrdiff_t to = width >> (3 - part);
            for (ptrdiff_t j = from; j < to; j++) sum += row[j] * vector[j];
            out[k * stride + part] = sum;
            from = to;
        }
    }
}

#include "marquee_walks.h"
#include "marquee_clones.h"
#include <string.h>

/* At most seven behaviors and their union. */
#define GRAPHS 8

int32_t mq_walk_to_users(const mq_walk_side *users, const mq_walk_side *items, int32_t user, int32_t hidden,
                         uint8_t hidden_mask, float *weights, int32_t *reached) {
    const int32_t graphs = users->graphs, all = graphs - 1;
    /* What says that an edge is still there: any behavior. */
    const uint8_t behaviors = graphs == 1 ? 1 : (uint8_t)((1 << all) - 1);
    float choices[GRAPHS];
    memcpy(choices, users->degrees + (ptrdiff_t)user * graphs, sizeof(float) * (size_t)graphs);
    const ptrdiff_t begin = users->offsets[user], end = users->offsets[user + 1];
    uint8_t hidden_rest = 0;
    for (ptrdiff_t e = begin; e < end; e++) {
        if (users->columns[e] != hidden) continue;
        const uint8_t mask = users->masks[e], rest = mask & (uint8_t)~hidden_mask;
        hidden_rest = rest & behaviors ? rest : 0;
        for (int32_t g = 0; g < graphs; g++) choices[g] -= (float)((mask & ~hidden_rest) >> g & 1);
    }
    int32_t count = 0;
    for (ptrdiff_t e = begin; e < end; e++) {
        const int32_t item = users->columns[e];
        const uint8_t mask = item == hidden ? hidden_rest : users->masks[e];
        if (!mask) continue;
        float steps[GRAPHS];
        for (int32_t g = 0; g < graphs; g++) {
            const float others = items->degrees[(ptrdiff_t)item * graphs + g] - 1;
            steps[g] = mask >> g & 1 && others > 0 ? 1 / (choices[g] * others) : 0;
        }
        for (ptrdiff_t f = items->offsets[item]; f < items->offsets[item + 1]; f++) {
            const int32_t other = items->columns[f];
            if (other == user) continue;
            float *weight = weights + (ptrdiff_t)other * graphs;
            if (weight[all] == 0) reached[count++] = other;
            for (int32_t g = 0; g < graphs; g++) weight[g] += (float)(items->masks[f] >> g & 1) * steps[g];
        }
    }
    return count;
}

MQ_CLONES
void mq_walk_to_items(const mq_walk_side *users, const int32_t *reached, int32_t count, float *weights, float *sums,
                      int32_t lanes, float *scratch) {
    const int32_t graphs = users->graphs;
    int32_t stamps[256];
    for (int32_t m = 0; m < 256; m++) stamps[m] = -1;
    for (int32_t k = 0; k < count; k++) {
        const int32_t user = reached[k];
        float *weight = weights + (ptrdiff_t)user * graphs;
        const float *degrees = users->degrees + (ptrdiff_t)user * graphs;
        for (ptrdiff_t e = users->offsets[user]; e < users->offsets[user + 1]; e++) {
            const uint8_t mask = users->masks[e];
            float *restrict steps = scratch + (ptrdiff_t)mask * lanes;
            if (stamps[mask] != k) {
                /* The first edge of this kind: what every such edge of this user adds. */
                stamps[mask] = k;
                for (int32_t c = 0; c < lanes; c++) steps[c] = 0;
                for (int32_t h = 0; h < graphs; h++) {
                    if (!(mask >> h & 1)) continue;
                    for (int32_t g = 0; g < graphs; g++) steps[g * graphs + h] = weight[g] / degrees[h];
                }
            }
            float *restrict sum = sums + (ptrdiff_t)users->columns[e] * lanes;
            for (int32_t c = 0; c < lanes; c += MQ_WALK_LANES)
                for (int32_t l = 0; l < MQ_WALK_LANES; l++) sum[c + l] += steps[c + l];
        }
        for (int32_t g = 0; g < graphs; g++) weight[g] = 0;
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

MQ_CLONES
void mq_log_evidence(const float *sums, int32_t lanes, const int32_t *items, ptrdiff_t count, int32_t width,
                     float scale, float floor, float *out, ptrdiff_t stride) {
    for (ptrdiff_t k = 0; k < count; k++) {
        const float *restrict sum = sums + (ptrdiff_t)items[k] * lanes;
        float *restrict row = out + k * stride;
        for (int32_t c = 0; c < width; c++) row[c] = quick_log(floor + scale * sum[c]);
    }
}

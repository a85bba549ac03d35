#ifndef MARQUEE_EXPONENTIAL_H
#define MARQUEE_EXPONENTIAL_H

#include <stdint.h>
#include <string.h>

/* e^x without a call, so that loops over it vectorize; within 2 units in the last place, 0 below -87.3 and
   held at e^88 above 88. After Cephes' expf: 2^n e^r with |r| <= ln 2 / 2. */
static inline __attribute__((always_inline)) float mq_exp(float x) {
    const float held = x < -87.3f ? -87.3f : x > 88 ? 88 : x;
    /* Adding 1.5 · 2^23 rounds to a whole number. */
    const float shifted = held * 1.44269504f + 12582912.0f, n = shifted - 12582912.0f;
    const float r = held - n * 0.693359375f + n * 2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1;
    const int32_t bits = ((int32_t)n + 127) << 23;
    float power;
    memcpy(&power, &bits, sizeof power);
    return x < -87.3f ? 0 : p * power;
}

/* tanh x in the same way, after Cephes' tanhf: a series near 0, else 1 - 2 / (e^2|x| + 1). */
static inline __attribute__((always_inline)) float mq_tanh(float x) {
    const float size = x < 0 ? -x : x, s = x * x;
    float p = -5.70498872745e-3f;
    p = p * s + 2.06390887954e-2f;
    p = p * s - 5.37397155531e-2f;
    p = p * s + 1.33314422036e-1f;
    p = p * s - 3.33332819422e-1f;
    const float near = p * s * x + x, far = 1 - 2 / (mq_exp(2 * size) + 1);
    return size < 0.625f ? near : x < 0 ? -far : far;
}

#endif

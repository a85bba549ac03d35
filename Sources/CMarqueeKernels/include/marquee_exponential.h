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

/* ln x of a positive, normal x in the same way, within 2 units in the last place; after Cephes' logf. */
static inline __attribute__((always_inline)) float mq_log(float x) {
    int32_t bits;
    memcpy(&bits, &x, sizeof bits);
    /* x = 2^n m with m from √½ to √2. */
    const int32_t n = (bits - 0x3f3504f3) >> 23, rest = bits - (n << 23);
    float m;
    memcpy(&m, &rest, sizeof m);
    const float f = m - 1, z = f * f, e = (float)n;
    float p = 7.0376836292e-2f;
    p = p * f - 1.1514610310e-1f;
    p = p * f + 1.1676998740e-1f;
    p = p * f - 1.2420140846e-1f;
    p = p * f + 1.4249322787e-1f;
    p = p * f - 1.6668057665e-1f;
    p = p * f + 2.0000714765e-1f;
    p = p * f - 2.4999993993e-1f;
    p = p * f + 3.3333331174e-1f;
    return f + (p * f * z + e * -2.12194440e-4f - 0.5f * z) + e * 0.693359375f;
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

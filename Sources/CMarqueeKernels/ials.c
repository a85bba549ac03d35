#include "marquee_ials.h"
#include "marquee_clones.h"
#include <string.h>

#define INLINE static inline __attribute__((always_inline))

/* Sixteen floats: one register of AVX-512, two of AVX2, four of SSE or NEON. */
typedef float vec __attribute__((vector_size(64)));
typedef float half __attribute__((vector_size(32)));
typedef float quarter __attribute__((vector_size(16)));

INLINE float total(const vec *v) {
    const half *h = (const half *)v;
    const half a = h[0] + h[1];
    const quarter *q = (const quarter *)&a;
    const quarter b = q[0] + q[1];
    return (b[0] + b[2]) + (b[1] + b[3]);
}

INLINE const vec *row(const float *table, ptrdiff_t width, ptrdiff_t index) {
    return (const vec *)table + index * width;
}

/* out += sum over the columns of y (constant + slope * y.p); each y is read once from memory.
   Four columns at a time, so that the additions of one hide the latency of the others. */
INLINE void observe(const float *fixed, ptrdiff_t width, const int32_t *columns, ptrdiff_t count, const vec *p,
                    float constant, float slope, vec *out) {
    ptrdiff_t k = 0;
    for (; k + 4 <= count; k += 4) {
        const vec *y0 = row(fixed, width, columns[k]), *y1 = row(fixed, width, columns[k + 1]);
        const vec *y2 = row(fixed, width, columns[k + 2]), *y3 = row(fixed, width, columns[k + 3]);
        vec a0 = {0}, a1 = {0}, a2 = {0}, a3 = {0};
        for (ptrdiff_t j = 0; j < width; j++) {
            a0 += y0[j] * p[j];
            a1 += y1[j] * p[j];
            a2 += y2[j] * p[j];
            a3 += y3[j] * p[j];
        }
        const float c0 = constant + slope * total(&a0), c1 = constant + slope * total(&a1);
        const float c2 = constant + slope * total(&a2), c3 = constant + slope * total(&a3);
        for (ptrdiff_t j = 0; j < width; j++) {
            vec sum = out[j] + y0[j] * c0;
            sum += y1[j] * c1;
            sum += y2[j] * c2;
            out[j] = sum + y3[j] * c3;
        }
    }
    for (; k < count; k++) {
        const vec *y = row(fixed, width, columns[k]);
        vec a = {0};
        for (ptrdiff_t j = 0; j < width; j++) a += y[j] * p[j];
        const float c = constant + slope * total(&a);
        for (ptrdiff_t j = 0; j < width; j++) out[j] += y[j] * c;
    }
}

INLINE void begin(const mq_ials_run *run, const ptrdiff_t width) {
    for (ptrdiff_t r = 0; r < run->rows; r++) {
        vec *x = (vec *)run->x + r * width, *residual = (vec *)run->residual + r * width;
        const vec *product = (const vec *)run->product + r * width;
        const ptrdiff_t count = run->offsets[r + 1] - run->offsets[r];
        if (count == 0) {
            memset(x, 0, sizeof(vec) * (size_t)width);
            memset(residual, 0, sizeof(vec) * (size_t)width);
            memset((vec *)run->direction + r * width, 0, sizeof(vec) * (size_t)width);
            run->norm[r] = 0;
            continue;
        }
        const float ridge = run->ridge[r];
        for (ptrdiff_t j = 0; j < width; j++) residual[j] = -(product[j] + x[j] * ridge);
        observe(run->fixed, width, run->columns + run->offsets[r], count, x, 1, -1, residual);
        vec norm = {0};
        for (ptrdiff_t j = 0; j < width; j++) norm += residual[j] * residual[j];
        run->norm[r] = total(&norm);
        memcpy((vec *)run->direction + r * width, residual, sizeof(vec) * (size_t)width);
    }
}

INLINE void step(const mq_ials_run *run, const ptrdiff_t width) {
    for (ptrdiff_t r = 0; r < run->rows; r++) {
        vec *x = (vec *)run->x + r * width, *residual = (vec *)run->residual + r * width;
        vec *p = (vec *)run->direction + r * width, *product = (vec *)run->product + r * width;
        if (run->norm[r] < 1e-20f) continue; /* Solved. */
        const float ridge = run->ridge[r];
        for (ptrdiff_t j = 0; j < width; j++) product[j] += p[j] * ridge;
        observe(run->fixed, width, run->columns + run->offsets[r], run->offsets[r + 1] - run->offsets[r], p, 0, 1,
                product);
        vec curvature = {0};
        for (ptrdiff_t j = 0; j < width; j++) curvature += p[j] * product[j];
        const float length = run->norm[r] / total(&curvature);
        vec norm = {0};
        for (ptrdiff_t j = 0; j < width; j++) {
            x[j] += p[j] * length;
            residual[j] -= product[j] * length;
            norm += residual[j] * residual[j];
        }
        const float next = total(&norm), keep = next / run->norm[r];
        for (ptrdiff_t j = 0; j < width; j++) p[j] = residual[j] + p[j] * keep;
        run->norm[r] = next;
    }
}

/* The common widths are compiled apart, so that short vectors stay in registers. */
MQ_CLONES
void mq_ials_begin(const mq_ials_run *run) {
    switch (run->stride) {
    case 16: begin(run, 1); break;
    case 32: begin(run, 2); break;
    case 64: begin(run, 4); break;
    case 128: begin(run, 8); break;
    default: begin(run, run->stride / 16);
    }
}

MQ_CLONES
void mq_ials_step(const mq_ials_run *run) {
    switch (run->stride) {
    case 16: step(run, 1); break;
    case 32: step(run, 2); break;
    case 64: step(run, 4); break;
    case 128: step(run, 8); break;
    default: step(run, run->stride / 16);
    }
}

MQ_CLONES
double mq_ials_observed_loss(const mq_ials_run *run) {
    const ptrdiff_t width = run->stride / 16;
    double loss = 0;
    for (ptrdiff_t r = 0; r < run->rows; r++) {
        const vec *x = (const vec *)run->x + r * width;
        for (ptrdiff_t k = run->offsets[r]; k < run->offsets[r + 1]; k++) {
            const vec *y = row(run->fixed, width, run->columns[k]);
            vec a = {0};
            for (ptrdiff_t j = 0; j < width; j++) a += y[j] * x[j];
            const double error = 1 - total(&a);
            loss += error * error;
        }
    }
    return loss;
}

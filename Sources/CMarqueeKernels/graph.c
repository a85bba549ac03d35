#include "marquee_graph.h"

#include <math.h>
#include <string.h>

#include "marquee_clones.h"
#include "marquee_exponential.h"

#define INLINE static inline __attribute__((always_inline))
/* Edges whose far row is fetched before its turn comes. */
#define AHEAD 6
/* Floats of a cache line. */
#define LINE 16

/* A row's sum in registers: `width` is a constant wherever this is inlined. */
INLINE void propagate_narrow(const ptrdiff_t *offsets, const int32_t *columns, const float *values, long first,
                             long count, const float *x, const int width, float *y, int accumulate) {
    MQ_FAST_SUMS
    const ptrdiff_t last = offsets[first + count];
    for (long r = 0; r < count; r++, y += width) {
        float sum[128] = {0};
        for (ptrdiff_t e = offsets[first + r]; e < offsets[first + r + 1]; e++) {
            if (e + AHEAD < last) {
                const float *next = x + (long)columns[e + AHEAD] * width;
                for (int c = 0; c < width; c += LINE) __builtin_prefetch(next + c);
            }
            const float *row = x + (long)columns[e] * width, value = values[e];
            for (int c = 0; c < width; c++) sum[c] += value * row[c];
        }
        if (accumulate)
            for (int c = 0; c < width; c++) y[c] += sum[c];
        else
            for (int c = 0; c < width; c++) y[c] = sum[c];
    }
}

INLINE void propagate_any(const ptrdiff_t *offsets, const int32_t *columns, const float *values, long first,
                          long count, const float *restrict x, int width, float *restrict y, int accumulate) {
    MQ_FAST_SUMS
    for (long r = 0; r < count; r++, y += width) {
        if (!accumulate)
            for (int c = 0; c < width; c++) y[c] = 0;
        for (ptrdiff_t e = offsets[first + r]; e < offsets[first + r + 1]; e++) {
            const float *row = x + (long)columns[e] * width, value = values[e];
            for (int c = 0; c < width; c++) y[c] += value * row[c];
        }
    }
}

MQ_CLONES void mq_propagate(const ptrdiff_t *offsets, const int32_t *columns, const float *values, long first,
                            long count, const float *x, int width, float *y, int accumulate) {
    switch (width) {
    case 16: propagate_narrow(offsets, columns, values, first, count, x, 16, y, accumulate); break;
    case 32: propagate_narrow(offsets, columns, values, first, count, x, 32, y, accumulate); break;
    case 64: propagate_narrow(offsets, columns, values, first, count, x, 64, y, accumulate); break;
    case 128: propagate_narrow(offsets, columns, values, first, count, x, 128, y, accumulate); break;
    default: propagate_any(offsets, columns, values, first, count, x, width, y, accumulate);
    }
}

INLINE float leaky(float p, float slope) { return p > 0 ? p : slope * p; }

INLINE void fetch(const float *row, int width) {
    for (int c = 0; c < width; c += LINE) __builtin_prefetch(row + c);
}

/* Edges whose numbers are computed together, before their rows are gathered. */
#define BLOCK 64

/* Calls kernel(arguments, width) with `width` a constant where rows are of a usual length: their sums then
   stay in registers. */
#define FOR_WIDTH(kernel, width, ...) \
    switch (width) { \
    case 16: kernel(__VA_ARGS__, 16); break; \
    case 32: kernel(__VA_ARGS__, 32); break; \
    case 64: kernel(__VA_ARGS__, 64); break; \
    case 128: kernel(__VA_ARGS__, 128); break; \
    default: kernel(__VA_ARGS__, width); \
    }

INLINE float dot(const float *a, const float *b, int width) {
    MQ_FAST_SUMS
    float sum = 0;
    for (int c = 0; c < width; c++) sum += a[c] * b[c];
    return sum;
}

/* y (+)= sum_k shares[k] z[columns[k]] over `count` edges; `ahead` more may be looked up. */
INLINE void gather_rows(const int32_t *columns, const float *shares, int count, ptrdiff_t ahead, const float *z,
                        float *restrict y, const int width) {
    MQ_FAST_SUMS
    float near[128], *sum = width <= 128 ? near : y;
    if (sum == near) memcpy(near, y, sizeof(float) * (size_t)width);
    for (int k = 0; k < count; k++) {
        if (k + AHEAD < ahead) fetch(z + (long)columns[k + AHEAD] * width, width);
        const float *row = z + (long)columns[k] * width, share = shares[k];
        for (int c = 0; c < width; c++) sum[c] += share * row[c];
    }
    if (sum == near) memcpy(y, near, sizeof(float) * (size_t)width);
}

INLINE int block_at(ptrdiff_t e, ptrdiff_t to) { return to - e < BLOCK ? (int)(to - e) : BLOCK; }

INLINE void attend(struct mq_edges edges, long first, long count, const float *s, const float *t, const float *z,
                   const float *w, float slope, float *restrict y, float *peak, const int width) {
    MQ_FAST_SUMS
    const ptrdiff_t end = edges.offsets[first + count];
    float shares[BLOCK];
    for (long r = 0; r < count; r++, y += width) {
        const ptrdiff_t from = edges.offsets[first + r], to = edges.offsets[first + r + 1];
        const float own = s[r];
        memset(y, 0, sizeof(float) * (size_t)width);
        /* leaky rises, so that the largest of its values is that of the largest t. */
        float largest = -INFINITY, sum = 0;
        for (ptrdiff_t e = from; e < to; e++) {
            const float p = t[edges.columns[e]];
            largest = p > largest ? p : largest;
        }
        largest = leaky(own + largest, slope);
        for (ptrdiff_t e = from; e < to; e += BLOCK) {
            const int block = block_at(e, to);
            const int32_t *columns = edges.columns + e;
            for (int k = 0; k < block; k++) shares[k] = mq_exp(leaky(own + t[columns[k]], slope) - largest);
            for (int k = 0; k < block; k++) sum += shares[k];
            if (edges.kinds)
                for (int k = 0; k < block; k++) shares[k] *= w[edges.kinds[e + k]];
            gather_rows(columns, shares, block, end - e, z, y, width);
        }
        peak[r] = to > from ? largest + logf(sum) : 0;
        if (to > from)
            for (int c = 0; c < width; c++) y[c] /= sum;
    }
}

MQ_CLONES void mq_attend(struct mq_edges edges, long first, long count, const float *s, const float *t,
                         const float *z, int width, const float *w, float slope, float *restrict y, float *peak) {
    FOR_WIDTH(attend, width, edges, first, count, s, t, z, w, slope, y, peak)
}

INLINE void attend_backward_rows(struct mq_edges edges, long first, long count, const float *s, const float *t,
                                 const float *z, const float *w, float slope, const float *peak, const float *along,
                                 const float *dy, float *ds, int accumulate, float *dw, const int width) {
    MQ_FAST_SUMS
    const ptrdiff_t end = edges.offsets[first + count];
    float dots[BLOCK], shares[BLOCK], slopes[BLOCK];
    for (long r = 0; r < count; r++, dy += width) {
        const ptrdiff_t to = edges.offsets[first + r + 1];
        const float own = s[r];
        float d = 0;
        for (ptrdiff_t e = edges.offsets[first + r]; e < to; e += BLOCK) {
            const int block = block_at(e, to);
            const int32_t *columns = edges.columns + e;
            for (int k = 0; k < block; k++) {
                const float p = own + t[columns[k]];
                shares[k] = mq_exp(leaky(p, slope) - peak[r]);
                slopes[k] = p > 0 ? 1 : slope;
            }
            for (int k = 0; k < block; k++) {
                if (e + k + AHEAD < end) fetch(z + (long)columns[k + AHEAD] * width, width);
                dots[k] = dot(dy, z + (long)columns[k] * width, width);
            }
            if (edges.kinds) {
                const uint8_t *kinds = edges.kinds + e;
                if (dw)
                    for (int k = 0; k < block; k++) dw[kinds[k]] += shares[k] * dots[k];
                for (int k = 0; k < block; k++) dots[k] *= w[kinds[k]];
            }
            for (int k = 0; k < block; k++) d += shares[k] * (dots[k] - along[r]) * slopes[k];
        }
        ds[r] = accumulate ? ds[r] + d : d;
    }
}

MQ_CLONES void mq_attend_backward_rows(struct mq_edges edges, long first, long count, const float *s, const float *t,
                                       const float *z, int width, const float *w, float slope, const float *peak,
                                       const float *along, const float *dy, float *ds, int accumulate, float *dw) {
    FOR_WIDTH(attend_backward_rows, width, edges, first, count, s, t, z, w, slope, peak, along, dy, ds, accumulate, dw)
}

INLINE void attend_backward_columns(struct mq_edges reversed, long first, long count, const float *s, const float *t,
                                    const float *z, const float *w, float slope, const float *peak,
                                    const float *along, const float *dy, float *dt, int accumulate_t,
                                    float *restrict dz, int accumulate_z, const int width) {
    MQ_FAST_SUMS
    const ptrdiff_t end = reversed.offsets[first + count];
    float shares[BLOCK], slopes[BLOCK], dots[BLOCK], near[128];
    for (long r = 0; r < count; r++, z += width, dz += width) {
        const ptrdiff_t to = reversed.offsets[first + r + 1];
        const float own = t[r];
        float d = 0, *sum = width <= 128 ? near : dz;
        if (!accumulate_z) memset(dz, 0, sizeof(float) * (size_t)width);
        if (sum == near) memcpy(near, dz, sizeof(float) * (size_t)width);
        for (ptrdiff_t e = reversed.offsets[first + r]; e < to; e += BLOCK) {
            const int block = block_at(e, to);
            const int32_t *columns = reversed.columns + e;
            for (int k = 0; k < block; k++) {
                const float p = s[columns[k]] + own, share = mq_exp(leaky(p, slope) - peak[columns[k]]);
                slopes[k] = p > 0 ? 1 : slope;
                d -= share * along[columns[k]] * slopes[k];
                shares[k] = share;
            }
            if (reversed.kinds)
                for (int k = 0; k < block; k++) shares[k] *= w[reversed.kinds[e + k]];
            for (int k = 0; k < block; k++) {
                if (e + k + AHEAD < end) fetch(dy + (long)columns[k + AHEAD] * width, width);
                const float *row = dy + (long)columns[k] * width, share = shares[k];
                dots[k] = dot(row, z, width);
                for (int c = 0; c < width; c++) sum[c] += share * row[c];
            }
            for (int k = 0; k < block; k++) d += shares[k] * dots[k] * slopes[k];
        }
        if (sum == near) memcpy(dz, near, sizeof(float) * (size_t)width);
        dt[r] = accumulate_t ? dt[r] + d : d;
    }
}

MQ_CLONES void mq_attend_backward_columns(struct mq_edges reversed, long first, long count, const float *s,
                                          const float *t, const float *z, int width, const float *w, float slope,
                                          const float *peak, const float *along, const float *dy, float *dt,
                                          int accumulate_t, float *restrict dz, int accumulate_z) {
    FOR_WIDTH(attend_backward_columns, width, reversed, first, count, s, t, z, w, slope, peak, along, dy, dt,
              accumulate_t, dz, accumulate_z)
}

MQ_CLONES void mq_scatter_rows(const int32_t *ids, long count, int32_t shift, const float *dy, int width, long first,
                               long last, float *dx) {
    for (long k = 0; k < count; k++) {
        long row = (long)ids[k] + shift;
        if (row < first || row >= last) continue;
        const float *from = dy + k * width;
        float *to = dx + (row - first) * width;
        for (int c = 0; c < width; c++) to[c] += from[c];
    }
}

MQ_CLONES void mq_unit_rows(const float *restrict x, float *restrict y, float *restrict norms, long rows, int columns,
                            float epsilon) {
    MQ_FAST_SUMS
    for (long r = 0; r < rows; r++, x += columns, y += columns) {
        float squares = 0;
        for (int c = 0; c < columns; c++) squares += x[c] * x[c];
        float norm = __builtin_elementwise_sqrt(squares);
        norms[r] = norm > epsilon ? norm : epsilon;
        for (int c = 0; c < columns; c++) y[c] = x[c] / norms[r];
    }
}

MQ_CLONES void mq_unit_rows_backward(const float *restrict y, const float *restrict dy, const float *restrict norms,
                                     float *restrict dx, long rows, int columns, int accumulate) {
    MQ_FAST_SUMS
    for (long r = 0; r < rows; r++, y += columns, dy += columns, dx += columns) {
        float along = 0;
        for (int c = 0; c < columns; c++) along += y[c] * dy[c];
        for (int c = 0; c < columns; c++) {
            float d = (dy[c] - y[c] * along) / norms[r];
            dx[c] = accumulate ? dx[c] + d : d;
        }
    }
}

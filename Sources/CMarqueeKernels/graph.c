#include "marquee_graph.h"

#include <math.h>
#include <string.h>

#include "marquee_clones.h"

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
INLINE float weight(struct mq_edges edges, const float *w, ptrdiff_t e) { return edges.kinds ? w[edges.kinds[e]] : 1; }

INLINE float dot(const float *a, const float *b, int width) {
    MQ_FAST_SUMS
    float sum = 0;
    for (int c = 0; c < width; c++) sum += a[c] * b[c];
    return sum;
}

INLINE void fetch(const float *row, int width) {
    for (int c = 0; c < width; c += LINE) __builtin_prefetch(row + c);
}

MQ_CLONES void mq_attend(struct mq_edges edges, long first, long count, const float *s, const float *t,
                         const float *z, int width, const float *w, float slope, float *restrict y, float *peak) {
    const ptrdiff_t end = edges.offsets[first + count];
    for (long r = 0; r < count; r++, y += width) {
        const ptrdiff_t from = edges.offsets[first + r], to = edges.offsets[first + r + 1];
        memset(y, 0, sizeof(float) * (size_t)width);
        float largest = -INFINITY, sum = 0;
        for (ptrdiff_t e = from; e < to; e++) {
            float p = leaky(s[r] + t[edges.columns[e]], slope);
            largest = p > largest ? p : largest;
        }
        for (ptrdiff_t e = from; e < to; e++) {
            if (e + AHEAD < end) fetch(z + (long)edges.columns[e + AHEAD] * width, width);
            const float *row = z + (long)edges.columns[e] * width;
            float share = expf(leaky(s[r] + t[edges.columns[e]], slope) - largest);
            sum += share;
            share *= weight(edges, w, e);
            for (int c = 0; c < width; c++) y[c] += share * row[c];
        }
        peak[r] = to > from ? largest + logf(sum) : 0;
        if (to > from)
            for (int c = 0; c < width; c++) y[c] /= sum;
    }
}

MQ_CLONES void mq_attend_backward_rows(struct mq_edges edges, long first, long count, const float *s, const float *t,
                                       const float *z, int width, const float *w, float slope, const float *peak,
                                       const float *along, const float *dy, float *ds, int accumulate, float *dw) {
    const ptrdiff_t end = edges.offsets[first + count];
    for (long r = 0; r < count; r++, dy += width) {
        float d = 0;
        for (ptrdiff_t e = edges.offsets[first + r]; e < edges.offsets[first + r + 1]; e++) {
            if (e + AHEAD < end) fetch(z + (long)edges.columns[e + AHEAD] * width, width);
            const int32_t v = edges.columns[e];
            const float p = s[r] + t[v], a = expf(leaky(p, slope) - peak[r]);
            const float g = dot(dy, z + (long)v * width, width);
            d += a * (weight(edges, w, e) * g - along[r]) * (p > 0 ? 1 : slope);
            if (edges.kinds && dw) dw[edges.kinds[e]] += a * g;
        }
        ds[r] = accumulate ? ds[r] + d : d;
    }
}

MQ_CLONES void mq_attend_backward_columns(struct mq_edges reversed, long first, long count, const float *s,
                                          const float *t, const float *z, int width, const float *w, float slope,
                                          const float *peak, const float *along, const float *dy, float *dt,
                                          int accumulate_t, float *restrict dz, int accumulate_z) {
    const ptrdiff_t end = reversed.offsets[first + count];
    for (long r = 0; r < count; r++, z += width, dz += width) {
        float d = 0;
        if (!accumulate_z) memset(dz, 0, sizeof(float) * (size_t)width);
        for (ptrdiff_t e = reversed.offsets[first + r]; e < reversed.offsets[first + r + 1]; e++) {
            if (e + AHEAD < end) fetch(dy + (long)reversed.columns[e + AHEAD] * width, width);
            const int32_t u = reversed.columns[e];
            const float *row = dy + (long)u * width;
            const float p = s[u] + t[r], a = expf(leaky(p, slope) - peak[u]), share = a * weight(reversed, w, e);
            d += (share * dot(row, z, width) - a * along[u]) * (p > 0 ? 1 : slope);
            for (int c = 0; c < width; c++) dz[c] += share * row[c];
        }
        dt[r] = accumulate_t ? dt[r] + d : d;
    }
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

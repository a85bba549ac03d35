#include "marquee_graph.h"

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

#include "marquee_graph.h"

#include <math.h>
#include <string.h>

#include "marquee_clones.h"
#include "marquee_exponential.h"

#define INLINE static inline __attribute__((always_inline))
/* Edges whose far row is fetched before its turn comes. */
#define AHEAD 6
/* Bytes of a cache line. */
#define LINE 64

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
/* The same for rows of floats and of halves. */
#define FOR_WIDTH_AND_FORM(kernel, half, width, ...) \
    if (half) { \
        FOR_WIDTH(kernel, width, __VA_ARGS__, 1) \
    } else { \
        FOR_WIDTH(kernel, width, __VA_ARGS__, 0) \
    }

/* bfloat16 is the upper half of a float. */
INLINE float widened(uint16_t half) {
    const uint32_t bits = (uint32_t)half << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

MQ_CLONES void mq_round_to_half(const float *restrict x, uint16_t *restrict y, long count) {
    for (long k = 0; k < count; k++) {
        uint32_t bits;
        memcpy(&bits, x + k, sizeof bits);
        /* To nearest, ties to even; what is no number stays none. */
        const uint32_t rounded = bits + 0x7fff + (bits >> 16 & 1);
        y[k] = (uint16_t)(((bits & 0x7fffffff) > 0x7f800000 ? bits | 0x400000 : rounded) >> 16);
    }
}

INLINE const void *row_at(const void *x, long row, const int width, const int half) {
    return (const char *)x + row * width * (half ? 2 : 4);
}

INLINE float element(const void *row, int c, const int half) {
    return half ? widened(((const uint16_t *)row)[c]) : ((const float *)row)[c];
}

INLINE void fetch(const void *row, const int width, const int half) {
    for (int byte = 0; byte < width * (half ? 2 : 4); byte += LINE) __builtin_prefetch((const char *)row + byte);
}

/* sum += value * row. */
INLINE void add_row(float *restrict sum, float value, const void *row, const int half, const int width) {
    for (int c = 0; c < width; c++) sum[c] += value * element(row, c, half);
}

INLINE void propagate(const ptrdiff_t *offsets, const int32_t *columns, const float *values, const int32_t *rows,
                      long first, long count, const void *x, const uint8_t *flags, float *restrict y, int accumulate,
                      const int half, const int width) {
    MQ_FAST_SUMS
    const ptrdiff_t last = rows ? 0 : offsets[first + count];
    for (long r = 0; r < count; r++, y += width) {
        const long row = rows ? rows[r] : first + r;
        const ptrdiff_t to = offsets[row + 1], end = rows ? to : last;
        /* In registers, where it fits. */
        float near[128], *sum = width <= 128 ? near : y;
        if (width > 128 && !accumulate) memset(y, 0, sizeof(float) * (size_t)width);
        if (width <= 128) memset(near, 0, sizeof near);
        for (ptrdiff_t e = offsets[row]; e < to; e++) {
            if (flags) {
                if (flags[columns[e]]) add_row(sum, values[e], row_at(x, columns[e], width, half), half, width);
                continue;
            }
            if (e + AHEAD < end) fetch(row_at(x, columns[e + AHEAD], width, half), width, half);
            add_row(sum, values[e], row_at(x, columns[e], width, half), half, width);
        }
        if (width > 128) continue;
        if (accumulate)
            for (int c = 0; c < width; c++) y[c] += near[c];
        else
            for (int c = 0; c < width; c++) y[c] = near[c];
    }
}

MQ_CLONES void mq_propagate(const ptrdiff_t *offsets, const int32_t *columns, const float *values, const int32_t *rows,
                            long first, long count, const void *x, int half, const uint8_t *flags, int width, float *y,
                            int accumulate) {
    FOR_WIDTH_AND_FORM(propagate, half, width, offsets, columns, values, rows, first, count, x, flags, y, accumulate)
}

INLINE float leaky(float p, float slope) { return p > 0 ? p : slope * p; }

/* Edges whose numbers are computed together, before their rows are gathered. */
#define BLOCK 64

INLINE float dot(const float *a, const void *b, const int half, const int width) {
    MQ_FAST_SUMS
    float sum = 0;
    for (int c = 0; c < width; c++) sum += a[c] * element(b, c, half);
    return sum;
}

/* y (+)= sum_k shares[k] z[columns[k]] over `count` edges; `ahead` more may be looked up. */
INLINE void gather_rows(const int32_t *columns, const float *shares, int count, ptrdiff_t ahead, const void *z,
                        float *restrict y, const int half, const int width) {
    MQ_FAST_SUMS
    float near[128], *sum = width <= 128 ? near : y;
    if (sum == near) memcpy(near, y, sizeof(float) * (size_t)width);
    for (int k = 0; k < count; k++) {
        if (k + AHEAD < ahead) fetch(row_at(z, columns[k + AHEAD], width, half), width, half);
        add_row(sum, shares[k], row_at(z, columns[k], width, half), half, width);
    }
    if (sum == near) memcpy(y, near, sizeof(float) * (size_t)width);
}

INLINE int block_at(ptrdiff_t e, ptrdiff_t to) { return to - e < BLOCK ? (int)(to - e) : BLOCK; }

INLINE void attend(struct mq_edges edges, long first, long count, const float *s, const float *t, const void *z,
                   const float *w, float slope, float *restrict y, float *peak, const int half, const int width) {
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
            gather_rows(columns, shares, block, end - e, z, y, half, width);
        }
        peak[r] = to > from ? largest + logf(sum) : 0;
        if (to > from)
            for (int c = 0; c < width; c++) y[c] /= sum;
    }
}

MQ_CLONES void mq_attend(struct mq_edges edges, long first, long count, const float *s, const float *t,
                         const void *z, int half, int width, const float *w, float slope, float *restrict y,
                         float *peak) {
    FOR_WIDTH_AND_FORM(attend, half, width, edges, first, count, s, t, z, w, slope, y, peak)
}

INLINE void attend_backward_rows(struct mq_edges edges, long first, long count, const float *s, const float *t,
                                 const void *z, const float *w, float slope, const float *peak, const float *along,
                                 const float *dy, float *ds, int accumulate, float *dw, const int half,
                                 const int width) {
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
                if (e + k + AHEAD < end) fetch(row_at(z, columns[k + AHEAD], width, half), width, half);
                dots[k] = dot(dy, row_at(z, columns[k], width, half), half, width);
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
                                       const void *z, int half, int width, const float *w, float slope,
                                       const float *peak, const float *along, const float *dy, float *ds,
                                       int accumulate, float *dw) {
    FOR_WIDTH_AND_FORM(attend_backward_rows, half, width, edges, first, count, s, t, z, w, slope, peak, along, dy, ds,
                       accumulate, dw)
}

INLINE void attend_backward_columns(struct mq_edges reversed, long first, long count, const float *s, const float *t,
                                    const float *z, const float *w, float slope, const float *peak,
                                    const float *along, const void *dy, float *dt, int accumulate_t,
                                    float *restrict dz, int accumulate_z, const int half, const int width) {
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
                if (e + k + AHEAD < end) fetch(row_at(dy, columns[k + AHEAD], width, half), width, half);
                const void *row = row_at(dy, columns[k], width, half);
                dots[k] = dot(z, row, half, width);
                add_row(sum, shares[k], row, half, width);
            }
            for (int k = 0; k < block; k++) d += shares[k] * dots[k] * slopes[k];
        }
        if (sum == near) memcpy(dz, near, sizeof(float) * (size_t)width);
        dt[r] = accumulate_t ? dt[r] + d : d;
    }
}

MQ_CLONES void mq_attend_backward_columns(struct mq_edges reversed, long first, long count, const float *s,
                                          const float *t, const float *z, int width, const float *w, float slope,
                                          const float *peak, const float *along, const void *dy, int half, float *dt,
                                          int accumulate_t, float *restrict dz, int accumulate_z) {
    FOR_WIDTH_AND_FORM(attend_backward_columns, half, width, reversed, first, count, s, t, z, w, slope, peak, along,
                       dy, dt, accumulate_t, dz, accumulate_z)
}

MQ_CLONES void mq_scatter_rows(const int32_t *ids, long count, int32_t shift, const float *dy, int width, long first,
                               long last, const int32_t *places, float *dx) {
    for (long k = 0; k < count; k++) {
        long row = (long)ids[k] + shift;
        if (row < first || row >= last) continue;
        const float *from = dy + k * width;
        float *to = dx + (places ? places[row - first] : row - first) * width;
        for (int c = 0; c < width; c++) to[c] += from[c];
    }
}

INLINE void pair_dots(const float *x, const int32_t *users, const int32_t *items, int32_t shift, long count,
                      float *out, const int width) {
    for (long k = 0; k < count; k++) {
        if (k + AHEAD < count) fetch(row_at(x, (long)items[k + AHEAD] + shift, width, 0), width, 0);
        out[k] = dot(x + (long)users[k] * width, x + ((long)items[k] + shift) * width, 0, width);
    }
}

MQ_CLONES void mq_pair_dots(const float *x, int width, const int32_t *users, const int32_t *items, int32_t shift,
                            long count, float *out) {
    FOR_WIDTH(pair_dots, width, x, users, items, shift, count, out)
}

INLINE void pair_dots_backward(const float *x, const int32_t *users, const int32_t *items, int32_t shift,
                               const float *dout, long count, long first, long last, const int32_t *places, float *dx,
                               const int width) {
    MQ_FAST_SUMS
    for (long k = 0; k < count;) {
        const long user = users[k];
        const float *own = x + user * width;
        const int mine = user >= first && user < last;
        float near[128];
        float *there = mine ? dx + (places ? places[user - first] : user - first) * width : 0;
        float *sum = width <= 128 ? near : there;
        if (width <= 128) memset(near, 0, sizeof near);
        for (; k < count && users[k] == user; k++) {
            const long item = (long)items[k] + shift;
            if (k + AHEAD < count) fetch(row_at(x, (long)items[k + AHEAD] + shift, width, 0), width, 0);
            if (mine) add_row(sum, dout[k], x + item * width, 0, width);
            if (item >= first && item < last)
                add_row(dx + (places ? places[item - first] : item - first) * width, dout[k], own, 0, width);
        }
        if (mine && width <= 128)
            for (int c = 0; c < width; c++) there[c] += near[c];
    }
}

MQ_CLONES void mq_pair_dots_backward(const float *x, int width, const int32_t *users, const int32_t *items,
                                     int32_t shift, const float *dout, long count, long first, long last,
                                     const int32_t *places, float *dx) {
    FOR_WIDTH(pair_dots_backward, width, x, users, items, shift, dout, count, first, last, places, dx)
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

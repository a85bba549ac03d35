#include "marquee_graph.h"

#include <math.h>
#include <string.h>

#include "marquee_clones.h"
#include "marquee_exponential.h"

#define INLINE static inline __attribute__((always_inline))
/* Bytes of a cache line, and how many lines of far rows are fetched before their turn comes. */
#define LINE 64
#define LINES_AHEAD 48

/* How rows are stored and read: floats; bfloat16; or bfloat16 taken in pairs, a word at a time, whose sums are kept
   unzipped, those of even columns first: to widen a pair costs a shift and a mask, to widen a single number a move
   across lanes too. */
enum form { FLOAT32, BFLOAT16, BFLOAT16_PAIRS };

/* Calls kernel(arguments, form, width) with `width` a constant where rows are of a usual length: their sums then
   stay in registers. */
#define FOR_WIDTH(kernel, usual, other, width, ...) \
    switch (width) { \
    case 16: kernel(__VA_ARGS__, usual, 16); break; \
    case 32: kernel(__VA_ARGS__, usual, 32); break; \
    case 64: kernel(__VA_ARGS__, usual, 64); break; \
    case 128: kernel(__VA_ARGS__, usual, 128); break; \
    default: kernel(__VA_ARGS__, other, width); \
    }
/* The same for rows of floats and of bfloat16. */
#define FOR_WIDTH_AND_FORM(kernel, bfloat16, width, ...) \
    if (bfloat16) { \
        FOR_WIDTH(kernel, BFLOAT16_PAIRS, BFLOAT16, width, __VA_ARGS__) \
    } else { \
        FOR_WIDTH(kernel, FLOAT32, FLOAT32, width, __VA_ARGS__) \
    }

INLINE float float_of(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

INLINE uint32_t bits_of(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* bfloat16 is the upper 16 bits of a float. */
INLINE float widened(uint16_t bits) { return float_of((uint32_t)bits << 16); }

/* A float's bits, the upper 16 rounded to nearest, ties to even; NaN stays NaN. */
INLINE uint32_t rounded(float value) {
    const uint32_t bits = bits_of(value);
    return (bits & 0x7fffffff) > 0x7f800000 ? bits | 0x400000 : bits + 0x7fff + (bits >> 16 & 1);
}

MQ_CLONES void mq_round_to_bfloat16(const float *restrict x, uint16_t *restrict y, long count) {
    for (long k = 0; k < count; k++) y[k] = (uint16_t)(rounded(x[k]) >> 16);
}

INLINE const void *row_at(const void *x, long row, const int width, const enum form form) {
    return (const char *)x + row * width * (form == FLOAT32 ? 4 : 2);
}

INLINE float element(const void *row, int c, const enum form form) {
    return form == FLOAT32 ? ((const float *)row)[c] : widened(((const uint16_t *)row)[c]);
}

INLINE uint32_t pair_at(const void *row, int k) {
    uint32_t pair;
    memcpy(&pair, (const char *)row + 4 * k, sizeof pair);
    return pair;
}
INLINE float even(uint32_t pair) { return float_of(pair << 16); }
INLINE float odd(uint32_t pair) { return float_of(pair & 0xffff0000); }

INLINE void fetch(const void *row, const int width, const enum form form) {
    for (int byte = 0; byte < width * (form == FLOAT32 ? 4 : 2); byte += LINE)
        __builtin_prefetch((const char *)row + byte);
}

/* Edges whose far row is fetched before its turn comes. */
INLINE int edges_ahead(const int width, const enum form form) {
    const int lines = (width * (form == FLOAT32 ? 4 : 2) + LINE - 1) / LINE;
    return lines < LINES_AHEAD ? LINES_AHEAD / lines : 1;
}

/* y = x as sums of the form are kept, and back. */
INLINE void unzip(const float *restrict x, float *restrict y, const enum form form, const int width) {
    if (form != BFLOAT16_PAIRS) {
        memcpy(y, x, sizeof(float) * (size_t)width);
        return;
    }
    for (int k = 0; k < width / 2; k++) {
        y[k] = x[2 * k];
        y[width / 2 + k] = x[2 * k + 1];
    }
}

INLINE void zip(const float *restrict x, float *restrict y, const enum form form, const int width) {
    if (form != BFLOAT16_PAIRS) {
        memcpy(y, x, sizeof(float) * (size_t)width);
        return;
    }
    for (int k = 0; k < width / 2; k++) {
        y[2 * k] = x[k];
        y[2 * k + 1] = x[width / 2 + k];
    }
}

/* sum += value * row. */
INLINE void add_row(float *restrict sum, float value, const void *row, const enum form form, const int width) {
    if (form == BFLOAT16_PAIRS) {
        for (int k = 0; k < width / 2; k++) {
            const uint32_t pair = pair_at(row, k);
            sum[k] += value * even(pair);
            sum[width / 2 + k] += value * odd(pair);
        }
        return;
    }
    for (int c = 0; c < width; c++) sum[c] += value * element(row, c, form);
}

/* Columns whose sums are kept in registers at a time. */
#define TILE 128

/* What becomes of columns c ..< c + part of the k-th row of a product. */
INLINE void put(const struct mq_product *p, long k, int c, const float *near, const enum form form, const int part,
                const int width) {
    float row[TILE];
    zip(near, row, form, part);
    const long index = p->indices ? p->indices[k] : k;
    if (p->plus && index >= 0)
        for (int j = 0; j < part; j++) row[j] += p->plus[index * width + c + j];
    if (p->sum && index >= 0)
        for (int j = 0; j < part; j++) p->sum[index * width + c + j] += row[j];
    if (!p->y) return;
    if (p->y_is_bfloat16) {
        uint16_t *y = (uint16_t *)p->y + k * width + c;
        for (int j = 0; j < part; j++) y[j] = (uint16_t)(rounded(row[j]) >> 16);
        return;
    }
    float *y = (float *)p->y + k * width + c;
    if (p->accumulate)
        for (int j = 0; j < part; j++) y[j] += row[j];
    else
        memcpy(y, row, sizeof(float) * (size_t)part);
}

INLINE void propagate(const ptrdiff_t *offsets, const int32_t *columns, const float *values,
                      const struct mq_product *product, const enum form form, const int width) {
    MQ_FAST_SUMS
    const struct mq_product p = *product;
    const int ahead = edges_ahead(width, form);
    const ptrdiff_t last = p.rows ? 0 : offsets[p.first + p.count];
    float near[TILE];
    for (long k = 0; k < p.count; k++) {
        const long r = p.rows ? p.rows[k] : p.first + k;
        const ptrdiff_t from = offsets[r], to = offsets[r + 1], end = p.rows ? to : last;
        if (p.rows && k + 1 < p.count) {
            /* The row after this one lies elsewhere. */
            const ptrdiff_t next = offsets[p.rows[k + 1]], all = offsets[p.rows[k + 1] + 1];
            for (ptrdiff_t e = next; e < all && e < next + ahead; e++)
                fetch(row_at(p.x, columns[e], width, form), width, form);
        }
        for (int c = 0; c < width; c += TILE) {
            const int part = width - c < TILE ? width - c : TILE;
            const void *x = row_at(p.x, 1, c, form);
            memset(near, 0, sizeof(float) * (size_t)part);
            for (ptrdiff_t e = from; e < to; e++) {
                if (e + ahead < end) fetch(row_at(x, columns[e + ahead], width, form), part, form);
                add_row(near, values[e], row_at(x, columns[e], width, form), form, part);
            }
            put(product, k, c, near, form, part, width);
        }
    }
}

/* Edges that are looked through at a time for those whose far row has a flag. */
#define SIEVE 512

/* Where few rows of x count: edges are sieved first, which asks no branch of each, and what they gather is fetched
   across the ends of rows. */
INLINE void propagate_flagged(const ptrdiff_t *offsets, const int32_t *columns, const float *values,
                              const struct mq_product *product, const enum form form, const int width) {
    MQ_FAST_SUMS
    const struct mq_product p = *product;
    const int ahead = edges_ahead(width, form);
    float near[TILE];
    for (int c = 0; c < width; c += TILE) {
        const int part = width - c < TILE ? width - c : TILE;
        const void *x = row_at(p.x, 1, c, form);
        const ptrdiff_t last = offsets[p.first + p.count];
        int32_t kept[SIEVE];
        int next = 0, count = 0;
        ptrdiff_t base = offsets[p.first], sieved = base;
        for (long k = 0; k < p.count; k++) {
            const ptrdiff_t to = offsets[p.first + k + 1];
            memset(near, 0, sizeof(float) * (size_t)part);
            for (;;) {
                for (; next < count && base + kept[next] < to; next++) {
                    const ptrdiff_t e = base + kept[next];
                    if (next + ahead < count)
                        fetch(row_at(x, columns[base + kept[next + ahead]], width, form), part, form);
                    add_row(near, values[e], row_at(x, columns[e], width, form), form, part);
                }
                if (next < count || sieved >= to) break;
                base = sieved;
                next = count = 0;
                sieved = last - base < SIEVE ? last : base + SIEVE;
                for (ptrdiff_t e = base; e < sieved; e++) {
                    kept[count] = (int32_t)(e - base);
                    count += p.flags[columns[e]];
                }
                for (int j = 0; j < count && j < ahead; j++)
                    fetch(row_at(x, columns[base + kept[j]], width, form), part, form);
            }
            put(product, k, c, near, form, part, width);
        }
    }
}

MQ_CLONES void mq_propagate(const ptrdiff_t *offsets, const int32_t *columns, const float *values,
                            const struct mq_product *product) {
    if (product->flags) {
        FOR_WIDTH_AND_FORM(propagate_flagged, product->x_is_bfloat16, product->width, offsets, columns, values, product)
    } else {
        FOR_WIDTH_AND_FORM(propagate, product->x_is_bfloat16, product->width, offsets, columns, values, product)
    }
}

INLINE float leaky(float p, float slope) { return p > 0 ? p : slope * p; }

/* Edges whose numbers are computed together, before their rows are gathered. */
#define BLOCK 64

/* a · b, a as sums of the form are kept. */
INLINE float dot(const float *a, const void *b, const enum form form, const int width) {
    MQ_FAST_SUMS
    float sum = 0;
    if (form == BFLOAT16_PAIRS) {
        for (int k = 0; k < width / 2; k++) {
            const uint32_t pair = pair_at(b, k);
            sum += a[k] * even(pair) + a[width / 2 + k] * odd(pair);
        }
        return sum;
    }
    for (int c = 0; c < width; c++) sum += a[c] * element(b, c, form);
    return sum;
}

/* sum += sum_k shares[k] z[columns[k]] over `count` edges; up to `end` more may be looked up. */
INLINE void gather_rows(const int32_t *columns, const float *shares, int count, ptrdiff_t end, const void *z,
                        float *restrict sum, const enum form form, const int width) {
    MQ_FAST_SUMS
    const int ahead = edges_ahead(width, form);
    for (int k = 0; k < count; k++) {
        if (k + ahead < end) fetch(row_at(z, columns[k + ahead], width, form), width, form);
        add_row(sum, shares[k], row_at(z, columns[k], width, form), form, width);
    }
}

INLINE int block_at(ptrdiff_t e, ptrdiff_t to) { return to - e < BLOCK ? (int)(to - e) : BLOCK; }

INLINE void edge_attention(struct mq_edges edges, long first, long count, const float *s, const float *t, const void *z,
                           const float *w, float slope, float *restrict y, float *peak, const enum form form,
                           const int width) {
    MQ_FAST_SUMS
    const ptrdiff_t end = edges.offsets[first + count];
    float shares[BLOCK], near[TILE];
    for (long r = 0; r < count; r++, y += width) {
        const ptrdiff_t from = edges.offsets[first + r], to = edges.offsets[first + r + 1];
        const float own = s[r];
        float *row = width <= TILE ? near : y;
        memset(row, 0, sizeof(float) * (size_t)width);
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
            gather_rows(columns, shares, block, end - e, z, row, form, width);
        }
        peak[r] = to > from ? largest + logf(sum) : 0;
        if (row == near) zip(near, y, form, width);
        if (to > from)
            for (int c = 0; c < width; c++) y[c] /= sum;
    }
}

MQ_CLONES void mq_edge_attention(struct mq_edges edges, long first, long count, const float *s, const float *t,
                                 const void *z, int bfloat16, int width, const float *w, float slope, float *restrict y,
                                 float *peak) {
    FOR_WIDTH_AND_FORM(edge_attention, bfloat16, width, edges, first, count, s, t, z, w, slope, y, peak)
}

INLINE void edge_attention_backward_rows(struct mq_edges edges, long first, long count, const float *s, const float *t,
                                         const void *z, const float *w, float slope, const float *peak,
                                         const float *along, const float *dy, float *ds, int accumulate, float *dw,
                                         const enum form form, const int width) {
    MQ_FAST_SUMS
    const ptrdiff_t end = edges.offsets[first + count];
    const int ahead = edges_ahead(width, form);
    float dots[BLOCK], shares[BLOCK], slopes[BLOCK], near[TILE];
    for (long r = 0; r < count; r++, dy += width) {
        const ptrdiff_t to = edges.offsets[first + r + 1];
        const float own = s[r], *row = width <= TILE ? near : dy;
        if (row == near) unzip(dy, near, form, width);
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
                if (e + k + ahead < end) fetch(row_at(z, columns[k + ahead], width, form), width, form);
                dots[k] = dot(row, row_at(z, columns[k], width, form), form, width);
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

MQ_CLONES void mq_edge_attention_backward_rows(struct mq_edges edges, long first, long count, const float *s,
                                               const float *t, const void *z, int bfloat16, int width, const float *w,
                                               float slope, const float *peak, const float *along, const float *dy,
                                               float *ds, int accumulate, float *dw) {
    FOR_WIDTH_AND_FORM(edge_attention_backward_rows, bfloat16, width, edges, first, count, s, t, z, w, slope, peak,
                       along, dy, ds, accumulate, dw)
}

INLINE void edge_attention_backward_columns(struct mq_edges reversed, long first, long count, const float *s,
                                            const float *t, const float *z, const float *w, float slope,
                                            const float *peak, const float *along, const void *dy, float *dt,
                                            int accumulate_t, float *restrict dz, int accumulate_z,
                                            const enum form form, const int width) {
    MQ_FAST_SUMS
    const ptrdiff_t end = reversed.offsets[first + count];
    const int ahead = edges_ahead(width, form);
    float shares[BLOCK], slopes[BLOCK], dots[BLOCK], near[TILE], here[TILE];
    for (long r = 0; r < count; r++, z += width, dz += width) {
        const ptrdiff_t to = reversed.offsets[first + r + 1];
        const float own = t[r];
        const float *row = width <= TILE ? here : z;
        float d = 0, *sum = width <= TILE ? near : dz;
        if (!accumulate_z) memset(dz, 0, sizeof(float) * (size_t)width);
        if (sum == near) unzip(dz, near, form, width);
        if (row == here) unzip(z, here, form, width);
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
                if (e + k + ahead < end) fetch(row_at(dy, columns[k + ahead], width, form), width, form);
                const void *far = row_at(dy, columns[k], width, form);
                dots[k] = dot(row, far, form, width);
                add_row(sum, shares[k], far, form, width);
            }
            for (int k = 0; k < block; k++) d += shares[k] * dots[k] * slopes[k];
        }
        if (sum == near) zip(near, dz, form, width);
        dt[r] = accumulate_t ? dt[r] + d : d;
    }
}

MQ_CLONES void mq_edge_attention_backward_columns(struct mq_edges reversed, long first, long count, const float *s,
                                                  const float *t, const float *z, int width, const float *w,
                                                  float slope, const float *peak, const float *along, const void *dy,
                                                  int bfloat16, float *dt, int accumulate_t, float *restrict dz,
                                                  int accumulate_z) {
    FOR_WIDTH_AND_FORM(edge_attention_backward_columns, bfloat16, width, reversed, first, count, s, t, z, w, slope,
                       peak, along, dy, dt, accumulate_t, dz, accumulate_z)
}

MQ_CLONES void mq_scatter_rows(const int32_t *ids, long count, int32_t shift, const float *dy, int width, long first,
                               long last, const int32_t *indices, float *dx) {
    for (long k = 0; k < count; k++) {
        long row = (long)ids[k] + shift;
        if (row < first || row >= last) continue;
        const float *from = dy + k * width;
        float *to = dx + (indices ? indices[row - first] : row - first) * width;
        for (int c = 0; c < width; c++) to[c] += from[c];
    }
}

INLINE void pair_dots(const float *x, const int32_t *users, const int32_t *items, int32_t shift, long count, float *out,
                      const enum form form, const int width) {
    const int ahead = edges_ahead(width, form);
    for (long k = 0; k < count; k++) {
        if (k + ahead < count) fetch(row_at(x, (long)items[k + ahead] + shift, width, form), width, form);
        out[k] = dot(x + (long)users[k] * width, x + ((long)items[k] + shift) * width, form, width);
    }
}

MQ_CLONES void mq_pair_dots(const float *x, int width, const int32_t *users, const int32_t *items, int32_t shift,
                            long count, float *out) {
    FOR_WIDTH(pair_dots, FLOAT32, FLOAT32, width, x, users, items, shift, count, out)
}

INLINE void pair_dots_backward(const float *x, const int32_t *users, const int32_t *items, int32_t shift,
                               const float *dout, long count, long first, long last, const int32_t *indices, float *dx,
                               const enum form form, const int width) {
    MQ_FAST_SUMS
    const int ahead = edges_ahead(width, form);
    for (long k = 0; k < count;) {
        const long user = users[k];
        const float *own = x + user * width;
        const int mine = user >= first && user < last;
        float near[TILE];
        float *there = mine ? dx + (indices ? indices[user - first] : user - first) * width : 0;
        float *sum = width <= TILE ? near : there;
        if (width <= TILE) memset(near, 0, sizeof near);
        for (; k < count && users[k] == user; k++) {
            const long item = (long)items[k] + shift;
            if (k + ahead < count) fetch(row_at(x, (long)items[k + ahead] + shift, width, form), width, form);
            if (mine) add_row(sum, dout[k], x + item * width, form, width);
            if (item >= first && item < last)
                add_row(dx + (indices ? indices[item - first] : item - first) * width, dout[k], own, form, width);
        }
        if (mine && width <= TILE)
            for (int c = 0; c < width; c++) there[c] += near[c];
    }
}

MQ_CLONES void mq_pair_dots_backward(const float *x, int width, const int32_t *users, const int32_t *items,
                                     int32_t shift, const float *dout, long count, long first, long last,
                                     const int32_t *indices, float *dx) {
    FOR_WIDTH(pair_dots_backward, FLOAT32, FLOAT32, width, x, users, items, shift, dout, count, first, last, indices,
              dx)
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

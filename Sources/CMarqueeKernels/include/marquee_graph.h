#ifndef MARQUEE_GRAPH_H
#define MARQUEE_GRAPH_H

#include <stddef.h>
#include <stdint.h>

/* Messages along edges may be in bfloat16: then `bfloat16` is 1 and rows hold uint16_t. Sums are taken in float. */
void mq_round_to_bfloat16(const float *x, uint16_t *y, long count);
/* Rows of A · x, x dense with `width` columns, and what becomes of each as it is there. */
struct mq_product {
    /* Rows first ..< first + count, or, where `rows` is given, those `count` rows. */
    const int32_t *rows;
    long first, count;
    const void *x;
    int x_is_bfloat16, width;
    /* By row of x, 1, or 0 where it counts as 0 and is not read; NULL for all. Not with `rows`. */
    const uint8_t *flags;
    /* The k-th of the rows has row indices[k] of `plus` added to it and is then added to that row of `sum`, either of
       which may be NULL; neither where that is -1. Without indices it is row k. */
    const int32_t *indices;
    const float *plus;
    float *sum;
    /* Where the rows go, one after the other; NULL for nowhere. Floats are added to with `accumulate`. */
    void *y;
    int y_is_bfloat16, accumulate;
};
/* A in compressed rows. */
void mq_propagate(const ptrdiff_t *offsets, const int32_t *columns, const float *values,
                  const struct mq_product *product);
/* Attention along edges, nothing kept an edge. For row u over its neighbors v, with
   p = s[u] + t[v], a = softmax_v(leaky(p)) and the weight w[kinds[edge]] of the edge's kind (1 without kinds),
       y[u] = sum_v a w z[v],   peak[u] = log sum_v exp(leaky(p)).
   s, y and peak point at row `first`; t and z hold all nodes. A row without neighbors gets zeros. z, and dy of the
   neighbors' part backwards, may be in bfloat16. */
struct mq_edges {
    const ptrdiff_t *offsets;
    const int32_t *columns;
    const uint8_t *kinds;
};
void mq_edge_attention(struct mq_edges edges, long first, long count, const float *s, const float *t, const void *z,
                       int bfloat16, int width, const float *w, float slope, float *y, float *peak);
/* Backwards, a row's own part: ds (+)= and dw += ; along[u] = y[u] · dy[u]. */
void mq_edge_attention_backward_rows(struct mq_edges edges, long first, long count, const float *s, const float *t,
                                     const void *z, int bfloat16, int width, const float *w, float slope,
                                     const float *peak, const float *along, const float *dy, float *ds, int accumulate,
                                     float *dw);
/* Backwards, the part of the neighbors, over the reversed edges v -> u: dt (+)= and dz (+)= of row v.
   t and z point at row `first`; s, peak, along and dy hold all nodes. */
void mq_edge_attention_backward_columns(struct mq_edges reversed, long first, long count, const float *s,
                                        const float *t, const float *z, int width, const float *w, float slope,
                                        const float *peak, const float *along, const void *dy, int bfloat16, float *dt,
                                        int accumulate_t, float *dz, int accumulate_z);
/* dx[ids[k] + shift - first] += dy[k] for those of `count` rows that fall into first ..< last; where `indices` is
   given, the row of node n is indices[n - first]. */
void mq_scatter_rows(const int32_t *ids, long count, int32_t shift, const float *dy, int width, long first, long last,
                     const int32_t *indices, float *dx);
/* out[k] = x[users[k]] · x[items[k] + shift], and backwards dx += of rows first ..< last, as above. Pairs of one
   user stand together where they can: a user's row is then touched once. */
void mq_pair_dots(const float *x, int width, const int32_t *users, const int32_t *items, int32_t shift, long count,
                  float *out);
void mq_pair_dots_backward(const float *x, int width, const int32_t *users, const int32_t *items, int32_t shift,
                           const float *dout, long count, long first, long last, const int32_t *indices, float *dx);
/* y[r] = x[r] / max(|x[r]|, epsilon), norms[r] = the divisor; backwards dx (+)= (dy - y (y · dy)) / norm. */
void mq_unit_rows(const float *x, float *y, float *norms, long rows, int columns, float epsilon);
void mq_unit_rows_backward(const float *y, const float *dy, const float *norms, float *dx, long rows, int columns,
                           int accumulate);

#endif

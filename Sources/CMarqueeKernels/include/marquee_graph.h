#ifndef MARQUEE_GRAPH_H
#define MARQUEE_GRAPH_H

#include <stddef.h>
#include <stdint.h>

/* Rows first ..< first + count of y (+)= A · x, A in compressed rows, x and y dense with `width` columns;
   y points at row `first`. */
void mq_propagate(const ptrdiff_t *offsets, const int32_t *columns, const float *values, long first, long count,
                  const float *x, int width, float *y, int accumulate);
/* Attention along edges, nothing kept an edge. For row u over its neighbours v, with
   p = s[u] + t[v], a = softmax_v(leaky(p)) and the weight w[kinds[edge]] of the edge's kind (1 without kinds),
       y[u] = sum_v a w z[v],   peak[u] = log sum_v exp(leaky(p)).
   s, y and peak point at row `first`; t and z hold all nodes. A row without neighbours gets zeros. */
struct mq_edges {
    const ptrdiff_t *offsets;
    const int32_t *columns;
    const uint8_t *kinds;
};
void mq_attend(struct mq_edges edges, long first, long count, const float *s, const float *t, const float *z,
               int width, const float *w, float slope, float *y, float *peak);
/* Backwards, a row's own part: ds (+)= and dw += ; along[u] = y[u] · dy[u]. */
void mq_attend_backward_rows(struct mq_edges edges, long first, long count, const float *s, const float *t,
                             const float *z, int width, const float *w, float slope, const float *peak,
                             const float *along, const float *dy, float *ds, int accumulate, float *dw);
/* Backwards, the part of the neighbours, over the reversed edges v -> u: dt (+)= and dz (+)= of row v.
   t and z point at row `first`; s, peak, along and dy hold all nodes. */
void mq_attend_backward_columns(struct mq_edges reversed, long first, long count, const float *s, const float *t,
                                const float *z, int width, const float *w, float slope, const float *peak,
                                const float *along, const float *dy, float *dt, int accumulate_t, float *dz,
                                int accumulate_z);
/* dx[ids[k] + shift - first] += dy[k] for those of `count` rows that fall into first ..< last. */
void mq_scatter_rows(const int32_t *ids, long count, int32_t shift, const float *dy, int width, long first, long last,
                     float *dx);
/* y[r] = x[r] / max(|x[r]|, epsilon), norms[r] = the divisor; backwards dx (+)= (dy - y (y · dy)) / norm. */
void mq_unit_rows(const float *x, float *y, float *norms, long rows, int columns, float epsilon);
void mq_unit_rows_backward(const float *y, const float *dy, const float *norms, float *dx, long rows, int columns,
                           int accumulate);

#endif

#ifndef MARQUEE_GRAPH_H
#define MARQUEE_GRAPH_H

#include <stddef.h>
#include <stdint.h>

/* Rows first ..< first + count of y (+)= A · x, A in compressed rows, x and y dense with `width` columns;
   y points at row `first`. */
void mq_propagate(const ptrdiff_t *offsets, const int32_t *columns, const float *values, long first, long count,
                  const float *x, int width, float *y, int accumulate);
/* dx[ids[k] + shift - first] += dy[k] for those of `count` rows that fall into first ..< last. */
void mq_scatter_rows(const int32_t *ids, long count, int32_t shift, const float *dy, int width, long first, long last,
                     float *dx);
/* y[r] = x[r] / max(|x[r]|, epsilon), norms[r] = the divisor; backwards dx (+)= (dy - y (y · dy)) / norm. */
void mq_unit_rows(const float *x, float *y, float *norms, long rows, int columns, float epsilon);
void mq_unit_rows_backward(const float *y, const float *dy, const float *norms, float *dx, long rows, int columns,
                           int accumulate);

#endif

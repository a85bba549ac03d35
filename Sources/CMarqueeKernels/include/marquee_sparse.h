#ifndef MARQUEE_SPARSE_H
#define MARQUEE_SPARSE_H
/* Sums over the rows of a matrix in compressed rows: co-occurrence and neighborhood scores. */
#include <stddef.h>
#include <stdint.h>

/* sums[column] += weights[k] * value, over the entries of each row rows[k]. `values` and `weights` may be NULL for 1. */
void mq_add_rows(const ptrdiff_t *offsets, const int32_t *columns, const float *values, const int32_t *rows,
                 const float *weights, ptrdiff_t count, float *sums);
/* out[i] = sum over the entries of row first + i of value * dense[column]. */
void mq_row_dots(const ptrdiff_t *offsets, const int32_t *columns, const float *values, ptrdiff_t first,
                 ptrdiff_t count, const float *dense, float *out);
/* sums[i] /= scale * norms[i] + shrinkage, 0 where that is not positive. */
void mq_normalize(float *sums, ptrdiff_t count, float scale, const float *norms, float shrinkage);
/* out[0 ..< width] = sum over k of weights[k] * dense[rows[k] * stride ..< + width]; `weights` may be NULL for 1. */
void mq_sum_dense_rows(const float *dense, ptrdiff_t stride, const int32_t *rows, const float *weights, ptrdiff_t count,
                       ptrdiff_t width, float *out);
/* out[c] = sum over k of weights[k] * dense[rows[k] * stride + columns[c]]; `weights` may be NULL for 1. */
void mq_sum_dense_columns(const float *dense, ptrdiff_t stride, const int32_t *rows, const float *weights,
                          ptrdiff_t count, const int32_t *columns, ptrdiff_t width, float *out);
/* out[k] = vector · dense[rows[k] * width ..< + width], rows in any order. */
void mq_row_products(const float *dense, ptrdiff_t width, const int32_t *rows, ptrdiff_t count, const float *vector,
                     float *out);
/* A step of a walk for `width` walkers: out = constant + scale * A dense, A in compressed rows, [rows, width] each. */
void mq_walk(const ptrdiff_t *offsets, const int32_t *columns, const float *values, ptrdiff_t rows, float scale,
             const float *dense, const float *constant, ptrdiff_t width, float *out);
#endif

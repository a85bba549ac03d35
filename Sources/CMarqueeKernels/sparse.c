#include "marquee_sparse.h"
#include "marquee_clones.h"

void mq_add_rows(const ptrdiff_t *offsets, const int32_t *columns, const float *values, const int32_t *rows,
                 const float *weights, ptrdiff_t count, float *sums) {
    for (ptrdiff_t k = 0; k < count; k++) {
        const float weight = weights ? weights[k] : 1;
        const ptrdiff_t end = offsets[rows[k] + 1];
        if (values) {
            for (ptrdiff_t e = offsets[rows[k]]; e < end; e++) sums[columns[e]] += weight * values[e];
        } else {
            for (ptrdiff_t e = offsets[rows[k]]; e < end; e++) sums[columns[e]] += weight;
        }
    }
}

void mq_row_dots(const ptrdiff_t *offsets, const int32_t *columns, const float *values, ptrdiff_t first,
                 ptrdiff_t count, const float *dense, float *out) {
    for (ptrdiff_t i = 0; i < count; i++) {
        float sum = 0;
        for (ptrdiff_t e = offsets[first + i]; e < offsets[first + i + 1]; e++) sum += values[e] * dense[columns[e]];
        out[i] = sum;
    }
}

MQ_CLONES
void mq_normalize(float *sums, ptrdiff_t count, float scale, const float *norms, float shrinkage) {
    for (ptrdiff_t i = 0; i < count; i++) {
        const float divisor = scale * norms[i] + shrinkage;
        sums[i] = divisor > 0 ? sums[i] / divisor : 0;
    }
}

MQ_CLONES
void mq_sum_dense_rows(const float *dense, ptrdiff_t stride, const int32_t *rows, const float *weights, ptrdiff_t count,
                       ptrdiff_t width, float *out) {
    for (ptrdiff_t j = 0; j < width; j++) out[j] = 0;
    ptrdiff_t k = 0;
    for (; k + 4 <= count; k += 4) {
        const float *a = dense + rows[k] * stride, *b = dense + rows[k + 1] * stride;
        const float *c = dense + rows[k + 2] * stride, *d = dense + rows[k + 3] * stride;
        if (weights) {
            const float p = weights[k], q = weights[k + 1], r = weights[k + 2], s = weights[k + 3];
            for (ptrdiff_t j = 0; j < width; j++) out[j] += (p * a[j] + q * b[j]) + (r * c[j] + s * d[j]);
        } else {
            for (ptrdiff_t j = 0; j < width; j++) out[j] += (a[j] + b[j]) + (c[j] + d[j]);
        }
    }
    for (; k < count; k++) {
        const float *a = dense + rows[k] * stride, weight = weights ? weights[k] : 1;
        for (ptrdiff_t j = 0; j < width; j++) out[j] += weight * a[j];
    }
}

void mq_sum_dense_columns(const float *dense, ptrdiff_t stride, const int32_t *rows, const float *weights,
                          ptrdiff_t count, const int32_t *columns, ptrdiff_t width, float *out) {
    for (ptrdiff_t c = 0; c < width; c++) out[c] = 0;
    /* Row by row, so that the columns of one row are fetched side by side. */
    for (ptrdiff_t k = 0; k < count; k++) {
        const float *row = dense + rows[k] * stride, weight = weights ? weights[k] : 1;
        for (ptrdiff_t c = 0; c < width; c++) out[c] += weight * row[columns[c]];
    }
}

MQ_CLONES
void mq_walk(const ptrdiff_t *offsets, const int32_t *columns, const float *values, ptrdiff_t rows, float scale,
             const float *dense, const float *constant, ptrdiff_t width, float *out) {
    for (ptrdiff_t r = 0; r < rows; r++) {
        float *restrict y = out + r * width;
        for (ptrdiff_t j = 0; j < width; j++) y[j] = constant[r * width + j];
        for (ptrdiff_t e = offsets[r]; e < offsets[r + 1]; e++) {
            const float weight = scale * values[e], *restrict x = dense + columns[e] * width;
            for (ptrdiff_t j = 0; j < width; j++) y[j] += weight * x[j];
        }
    }
}

MQ_CLONES
void mq_row_products(const float *dense, ptrdiff_t width, const int32_t *rows, ptrdiff_t count, const float *vector,
                     float *out) {
    MQ_FAST_SUMS
    /* Rows lie anywhere in memory: each is asked for before its turn comes. */
    enum { ahead = 8, line = 16 };
    for (ptrdiff_t k = 0; k < count; k++) {
        if (k + ahead < count) {
            const float *next = dense + rows[k + ahead] * width;
            for (ptrdiff_t j = 0; j < width; j += line) __builtin_prefetch(next + j);
        }
        const float *row = dense + rows[k] * width;
        float sum = 0;
        for (ptrdiff_t j = 0; j < width; j++) sum += row[j] * vector[j];
        out[k] = sum;
    }
}

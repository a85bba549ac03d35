#include "marquee_layers.h"

#include <math.h>
#include <string.h>

#include "marquee_clones.h"
#include "marquee_exponential.h"

/* SplitMix64, as RandomStream has it: four 16-bit lanes a value. */
#define CHUNK 256
/* Rows that are fetched before their turn comes. */
#define AHEAD 12
static inline __attribute__((always_inline)) void random_lanes(uint64_t key, uint64_t block, uint16_t lanes[CHUNK]) {
    uint64_t bits[CHUNK / 4];
    for (int i = 0; i < CHUNK / 4; i++) {
        uint64_t z = key + (block * (CHUNK / 4) + (uint64_t)i + 1) * 0x9E3779B97F4A7C15u;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
        bits[i] = z ^ (z >> 31);
    }
    memcpy(lanes, bits, sizeof bits);
}

/* What dropout multiplies a chunk by: 0 where dropped, 65536 / (65536 - threshold) where kept. */
static inline __attribute__((always_inline)) void keep_factors(uint64_t key, uint64_t block, uint32_t threshold,
                                                               float factors[CHUNK]) {
    uint16_t lanes[CHUNK];
    float scale = 65536.0f / (65536.0f - (float)threshold);
    random_lanes(key, block, lanes);
    for (int i = 0; i < CHUNK; i++) factors[i] = lanes[i] < threshold ? 0 : scale;
}

/* Rows whose values stay in the first-level cache between two loops over them; whole chunks, or all. */
static inline int block_rows(int rows, int columns) { return 2048 % columns == 0 ? 2048 / columns : rows; }

/* In place, for the layers that drop what they have just computed; `first` counts from the matrix's start. */
MQ_CLONES static void drop(float *x, long count, uint32_t threshold, uint64_t key, long first) {
    float factors[CHUNK];
    for (long start = 0; start < count; start += CHUNK) {
        keep_factors(key, (uint64_t)((first + start) / CHUNK), threshold, factors);
        float *to = x + start;
        if (count - start >= CHUNK)
            for (int i = 0; i < CHUNK; i++) to[i] *= factors[i];
        else
            for (int i = 0; i < count - start; i++) to[i] *= factors[i];
    }
}

MQ_CLONES void mq_dropout(const float *restrict x, float *restrict y, long count, uint32_t threshold, uint64_t key,
                          int accumulate) {
    float factors[CHUNK];
    for (long start = 0; start < count; start += CHUNK) {
        keep_factors(key, (uint64_t)(start / CHUNK), threshold, factors);
        int length = count - start < CHUNK ? (int)(count - start) : CHUNK;
        if (accumulate)
            for (int i = 0; i < length; i++) y[start + i] += x[start + i] * factors[i];
        else
            for (int i = 0; i < length; i++) y[start + i] = x[start + i] * factors[i];
    }
}

MQ_CLONES void mq_dropout_in_place(float *x, long count, uint32_t threshold, uint64_t key) {
    drop(x, count, threshold, key, 0);
}

MQ_CLONES void mq_bias_relu(float *restrict y, const float *restrict bias, int rows, int columns, int relu) {
    for (int r = 0; r < rows; r++, y += columns) {
        if (relu)
            for (int c = 0; c < columns; c++) {
                float v = y[c] + bias[c];
                y[c] = v > 0 ? v : 0;
            }
        else
            for (int c = 0; c < columns; c++) y[c] += bias[c];
    }
}

MQ_CLONES void mq_bias_relu_backward(float *restrict dy, const float *restrict y, float *restrict db, int rows,
                                     int columns, int relu, int accumulate) {
    if (!accumulate) memset(db, 0, sizeof(float) * (size_t)columns);
    for (int r = 0; r < rows; r++, dy += columns, y += columns) {
        if (relu)
            for (int c = 0; c < columns; c++) {
                float d = y[c] > 0 ? dy[c] : 0;
                dy[c] = d;
                db[c] += d;
            }
        else
            for (int c = 0; c < columns; c++) db[c] += dy[c];
    }
}

MQ_CLONES void mq_sum_rows(const float *restrict x, int rows, int columns, float *restrict y) {
    memset(y, 0, sizeof(float) * (size_t)columns);
    for (int r = 0; r < rows; r++, x += columns)
        for (int c = 0; c < columns; c++) y[c] += x[c];
}

MQ_CLONES void mq_repeat_row(const float *restrict dy, float *restrict dx, int rows, int columns, int accumulate) {
    for (int r = 0; r < rows; r++, dx += columns)
        for (int c = 0; c < columns; c++) dx[c] = accumulate ? dx[c] + dy[c] : dy[c];
}

MQ_CLONES void mq_softmax_rows(const float *restrict x, float *restrict y, long rows, int columns) {
    MQ_FAST_SUMS
    for (long r = 0; r < rows; r++, x += columns, y += columns) {
        float peak = -INFINITY, sum = 0;
        for (int c = 0; c < columns; c++) peak = x[c] > peak ? x[c] : peak;
        for (int c = 0; c < columns; c++) sum += y[c] = expf(x[c] - peak);
        for (int c = 0; c < columns; c++) y[c] /= sum;
    }
}

MQ_CLONES void mq_softmax_row_prefixes(const float *restrict x, const int32_t *restrict lengths, float *restrict y,
                                       long rows, int columns) {
    MQ_FAST_SUMS
    for (long r = 0; r < rows; r++, x += columns, y += columns) {
        float peak = -INFINITY, sum = 0;
        for (int c = 0; c < lengths[r]; c++) peak = x[c] > peak ? x[c] : peak;
        for (int c = 0; c < lengths[r]; c++) sum += y[c] = mq_exp(x[c] - peak);
        for (int c = 0; c < lengths[r]; c++) y[c] /= sum;
        for (int c = lengths[r]; c < columns; c++) y[c] = 0;
    }
}

MQ_CLONES void mq_softmax_masked_rows(const float *restrict x, const float *restrict mask, float *restrict y, long rows,
                                      int columns) {
    MQ_FAST_SUMS
    for (long r = 0; r < rows; r++, x += columns, y += columns, mask += columns) {
        float peak = -INFINITY, sum = 0;
        for (int c = 0; c < columns; c++) peak = mask[c] != 0 && x[c] > peak ? x[c] : peak;
        for (int c = 0; c < columns; c++) sum += y[c] = mask[c] != 0 ? mq_exp(x[c] - peak) : 0;
        for (int c = 0; c < columns; c++) y[c] = sum > 0 ? y[c] / sum : 0;
    }
}

MQ_CLONES void mq_softmax_rows_backward(const float *restrict y, const float *restrict dy, float *restrict dx,
                                        long rows, int columns, int accumulate) {
    MQ_FAST_SUMS
    for (long r = 0; r < rows; r++, y += columns, dy += columns, dx += columns) {
        float sum = 0;
        for (int c = 0; c < columns; c++) sum += y[c] * dy[c];
        for (int c = 0; c < columns; c++) {
            float d = y[c] * (dy[c] - sum);
            dx[c] = accumulate ? dx[c] + d : d;
        }
    }
}

static inline float sigmoid(float x) { return x >= 0 ? 1 / (1 + expf(-x)) : expf(x) / (1 + expf(x)); }
static inline float softplus(float x) { return (x > 0 ? x : 0) + log1pf(expf(-fabsf(x))); }

MQ_CLONES void mq_activate(enum mq_activation kind, float slope, const float *restrict x, float *restrict y,
                           long count) {
    switch (kind) {
    case MQ_RELU:
        for (long i = 0; i < count; i++) y[i] = x[i] > 0 ? x[i] : 0;
        break;
    case MQ_LEAKY_RELU:
        for (long i = 0; i < count; i++) y[i] = x[i] > 0 ? x[i] : slope * x[i];
        break;
    case MQ_SIGMOID:
        for (long i = 0; i < count; i++) y[i] = sigmoid(x[i]);
        break;
    case MQ_TANH:
        for (long i = 0; i < count; i++) y[i] = mq_tanh(x[i]);
        break;
    case MQ_SOFTPLUS:
        for (long i = 0; i < count; i++) y[i] = softplus(x[i]);
        break;
    case MQ_GELU:
        for (long i = 0; i < count; i++) y[i] = 0.5f * x[i] * (1 + erff(x[i] * 0.70710678f));
        break;
    case MQ_EXPONENTIAL:
        for (long i = 0; i < count; i++) y[i] = expf(x[i]);
        break;
    }
}

#define EACH(expression) \
    if (accumulate) \
        for (long i = 0; i < count; i++) dx[i] += dy[i] * (expression); \
    else \
        for (long i = 0; i < count; i++) dx[i] = dy[i] * (expression); \
    break

MQ_CLONES void mq_activate_backward(enum mq_activation kind, float slope, const float *restrict x,
                                    const float *restrict y, const float *restrict dy, float *restrict dx, long count,
                                    int accumulate) {
    switch (kind) {
    case MQ_RELU: EACH(x[i] > 0 ? 1.0f : 0.0f);
    case MQ_LEAKY_RELU: EACH(x[i] > 0 ? 1.0f : slope);
    case MQ_SIGMOID: EACH(y[i] * (1 - y[i]));
    case MQ_TANH: EACH(1 - y[i] * y[i]);
    case MQ_SOFTPLUS: EACH(sigmoid(x[i]));
    case MQ_GELU: EACH(0.5f * (1 + erff(x[i] * 0.70710678f)) + x[i] * 0.39894228f * expf(-0.5f * x[i] * x[i]));
    case MQ_EXPONENTIAL: EACH(y[i]);
    }
}

MQ_CLONES void mq_rows_by_vector(const float *restrict a, const float *restrict v, float *restrict y, long rows,
                                 int columns) {
    MQ_FAST_SUMS
    for (long r = 0; r < rows; r++, a += columns) {
        float sum = 0;
        for (int c = 0; c < columns; c++) sum += a[c] * v[c];
        y[r] = sum;
    }
}

MQ_CLONES void mq_rows_by_vector_backward(const float *restrict a, const float *restrict v, const float *restrict dy,
                                          float *restrict da, int accumulate_a, float *restrict dv, int accumulate_v,
                                          long rows, int columns) {
    if (dv && !accumulate_v) memset(dv, 0, sizeof(float) * (size_t)columns);
    for (long r = 0; r < rows; r++, a += columns) {
        const float d = dy[r];
        if (dv)
            for (int c = 0; c < columns; c++) dv[c] += d * a[c];
        if (!da) continue;
        if (accumulate_a)
            for (int c = 0; c < columns; c++) da[c] += d * v[c];
        else
            for (int c = 0; c < columns; c++) da[c] = d * v[c];
        da += columns;
    }
}

MQ_CLONES void mq_column_moments(const float *restrict x, int rows, int columns, float *restrict mean,
                                 float *restrict deviation) {
    memset(mean, 0, sizeof(float) * (size_t)columns);
    memset(deviation, 0, sizeof(float) * (size_t)columns);
    if (rows == 0) return;
    for (int r = 0; r < rows; r++)
        for (int c = 0; c < columns; c++) mean[c] += x[(long)r * columns + c];
    for (int c = 0; c < columns; c++) mean[c] /= (float)rows;
    for (int r = 0; r < rows; r++)
        for (int c = 0; c < columns; c++) {
            float d = x[(long)r * columns + c] - mean[c];
            deviation[c] += d * d;
        }
}

MQ_CLONES void mq_normalize_columns(const float *restrict x, float *restrict y, int rows, int columns,
                                    const float *restrict mean, const float *restrict scale, const float *restrict beta,
                                    uint32_t threshold, uint64_t key) {
    int block = block_rows(rows, columns);
    for (int start = 0; start < rows; start += block) {
        int end = start + block < rows ? start + block : rows;
        for (int r = start; r < end; r++)
            for (int c = 0; c < columns; c++) {
                long i = (long)r * columns + c;
                y[i] = (x[i] - mean[c]) * scale[c] + beta[c];
            }
        long first = (long)start * columns;
        if (threshold) drop(y + first, (long)(end - start) * columns, threshold, key, first);
    }
}

MQ_CLONES void mq_normalize_columns_sums(float *restrict dy, const float *restrict x, int rows, int columns,
                                         const float *restrict mean, const float *restrict inverse, uint32_t threshold,
                                         uint64_t key, float *restrict sum, float *restrict projection) {
    memset(sum, 0, sizeof(float) * (size_t)columns);
    memset(projection, 0, sizeof(float) * (size_t)columns);
    int block = block_rows(rows, columns);
    for (int start = 0; start < rows; start += block) {
        int end = start + block < rows ? start + block : rows;
        long first = (long)start * columns;
        if (threshold) drop(dy + first, (long)(end - start) * columns, threshold, key, first);
        for (int r = start; r < end; r++)
            for (int c = 0; c < columns; c++) {
                float d = dy[(long)r * columns + c];
                sum[c] += d;
                projection[c] += d * (x[(long)r * columns + c] - mean[c]);
            }
    }
    for (int c = 0; c < columns; c++) projection[c] *= inverse[c];
}

MQ_CLONES void mq_normalize_columns_backward(const float *restrict dy, const float *restrict x, float *restrict dx,
                                             int rows, int columns, const float *restrict mean,
                                             const float *restrict scale, const float *restrict offset,
                                             const float *restrict slope, float *restrict db, int relu,
                                             int accumulate) {
    for (int r = 0; r < rows; r++)
        for (int c = 0; c < columns; c++) {
            long i = (long)r * columns + c;
            float d = scale[c] * dy[i] - offset[c] - slope[c] * (x[i] - mean[c]);
            if (relu) d = x[i] > 0 ? d : 0;
            dx[i] = accumulate ? dx[i] + d : d;
            if (db) db[c] += d;
        }
}

MQ_CLONES void mq_normalize_rows(const float *restrict x, float *restrict y, int rows, int columns,
                                 const float *restrict gamma, const float *restrict beta, float epsilon,
                                 float *restrict mean, float *restrict inverse) {
    MQ_FAST_SUMS
    for (int r = 0; r < rows; r++, x += columns, y += columns) {
        float sum = 0, squares = 0;
        for (int c = 0; c < columns; c++) sum += x[c];
        float m = sum / (float)columns;
        for (int c = 0; c < columns; c++) squares += (x[c] - m) * (x[c] - m);
        float inv = 1 / __builtin_elementwise_sqrt(squares / (float)columns + epsilon);
        for (int c = 0; c < columns; c++) y[c] = (x[c] - m) * inv * gamma[c] + beta[c];
        mean[r] = m;
        inverse[r] = inv;
    }
}

MQ_CLONES void mq_normalize_rows_backward(const float *restrict dy, const float *restrict x, float *restrict dx,
                                          int rows, int columns, const float *restrict gamma,
                                          const float *restrict mean, const float *restrict inverse,
                                          float *restrict dgamma, float *restrict dbeta, int accumulate,
                                          int accumulate_gamma, int accumulate_beta) {
    MQ_FAST_SUMS
    if (!accumulate_gamma) memset(dgamma, 0, sizeof(float) * (size_t)columns);
    if (!accumulate_beta) memset(dbeta, 0, sizeof(float) * (size_t)columns);
    for (int r = 0; r < rows; r++, x += columns, dy += columns) {
        float m = mean[r], inv = inverse[r], sum = 0, projection = 0;
        for (int c = 0; c < columns; c++) {
            float xhat = (x[c] - m) * inv, g = dy[c] * gamma[c];
            dgamma[c] += dy[c] * xhat;
            dbeta[c] += dy[c];
            sum += g;
            projection += g * xhat;
        }
        sum /= (float)columns;
        projection /= (float)columns;
        if (!dx) continue;
        for (int c = 0; c < columns; c++) {
            float d = inv * (dy[c] * gamma[c] - sum - (x[c] - m) * inv * projection);
            dx[c] = accumulate ? dx[c] + d : d;
        }
        dx += columns;
    }
}

static inline __attribute__((always_inline)) void gather(const float *restrict table, int width,
                                                         const int32_t *restrict ids, long count, float *restrict out,
                                                         long stride) {
    for (long i = 0; i < count; i++) {
        if (i + AHEAD < count) __builtin_prefetch(table + (long)ids[i + AHEAD] * width);
        const float *row = table + (long)ids[i] * width;
        for (int c = 0; c < width; c++) out[i * stride + c] = row[c];
    }
}

MQ_CLONES void mq_gather(const float *table, int width, const int32_t *ids, long count, float *out, long stride) {
    /* The usual widths as constants: a row is then one or two moves instead of a call. */
    switch (width) {
    case 8: gather(table, 8, ids, count, out, stride); break;
    case 16: gather(table, 16, ids, count, out, stride); break;
    default: gather(table, width, ids, count, out, stride);
    }
}

void mq_clear_rows(const int32_t *ids, int32_t padding, long count, float *rows, long stride, int width) {
    for (long i = 0; i < count; i++)
        if (ids[i] == padding) memset(rows + i * stride, 0, sizeof(float) * (size_t)width);
}

long mq_compact_rows(const int32_t *ids, int32_t padding, long count, float *rows, long stride, int width,
                     int32_t *kept) {
    long next = 0;
    for (long i = 0; i < count; i++) {
        if (ids[i] == padding) continue;
        if (next < i) memcpy(rows + next * stride, rows + i * stride, sizeof(float) * (size_t)width);
        kept[next++] = ids[i];
    }
    return next;
}

MQ_CLONES void mq_dot_rows(const float *restrict a, const float *restrict b, float *restrict y, long rows,
                           int columns) {
    MQ_FAST_SUMS
    for (long r = 0; r < rows; r++) {
        float sum = 0;
        for (int c = 0; c < columns; c++) sum += a[r * columns + c] * b[r * columns + c];
        y[r] = sum;
    }
}

MQ_CLONES void mq_scale_rows(const float *restrict dy, const float *restrict b, float *restrict da, long rows,
                             int columns, int accumulate) {
    for (long r = 0; r < rows; r++, b += columns, da += columns) {
        float d = dy[r];
        if (accumulate)
            for (int c = 0; c < columns; c++) da[c] += d * b[c];
        else
            for (int c = 0; c < columns; c++) da[c] = d * b[c];
    }
}

MQ_CLONES void mq_mix(const float *restrict w, long stride, const float *restrict x, float *restrict y, long rows,
                      int columns, int accumulate) {
    for (long r = 0; r < rows; r++, x += columns, y += columns) {
        float weight = w[r * stride];
        if (accumulate)
            for (int c = 0; c < columns; c++) y[c] += weight * x[c];
        else
            for (int c = 0; c < columns; c++) y[c] = weight * x[c];
    }
}

MQ_CLONES void mq_mix_weights(const float *restrict dy, const float *restrict x, float *restrict dw, long stride,
                              long rows, int columns) {
    MQ_FAST_SUMS
    for (long r = 0; r < rows; r++, x += columns, dy += columns) {
        float sum = 0;
        for (int c = 0; c < columns; c++) sum += dy[c] * x[c];
        dw[r * stride] += sum;
    }
}

MQ_CLONES void mq_biased_dot_rows(const float *restrict a, const float *restrict b, float *restrict y, long rows,
                                  int columns) {
    MQ_FAST_SUMS
    int last = columns - 1;
    for (long r = 0; r < rows; r++, a += columns, b += columns) {
        float sum = a[last] + b[last];
        for (int c = 0; c < last; c++) sum += a[c] * b[c];
        y[r] = sum;
    }
}

MQ_CLONES void mq_biased_scale_rows(const float *restrict dy, const float *restrict b, float *restrict da, long rows,
                                    int columns, int accumulate) {
    int last = columns - 1;
    for (long r = 0; r < rows; r++, b += columns, da += columns) {
        float d = dy[r];
        if (accumulate) {
            for (int c = 0; c < last; c++) da[c] += d * b[c];
            da[last] += d;
        } else {
            for (int c = 0; c < last; c++) da[c] = d * b[c];
            da[last] = d;
        }
    }
}

MQ_CLONES void mq_axpy(float scale, const float *x, float *y, long count, int accumulate) {
    if (accumulate)
        for (long i = 0; i < count; i++) y[i] += scale * x[i];
    else
        for (long i = 0; i < count; i++) y[i] = scale * x[i];
}

MQ_CLONES void mq_multiply(const float *a, const float *b, float *y, long count, int accumulate) {
    if (accumulate)
        for (long i = 0; i < count; i++) y[i] += a[i] * b[i];
    else
        for (long i = 0; i < count; i++) y[i] = a[i] * b[i];
}

MQ_CLONES void mq_scale_columns(const float *restrict x, const float *restrict factors, float *restrict y, long rows,
                                int columns, int accumulate) {
    for (long r = 0; r < rows; r++, x += columns, y += columns) {
        if (accumulate)
            for (int c = 0; c < columns; c++) y[c] += x[c] * factors[c];
        else
            for (int c = 0; c < columns; c++) y[c] = x[c] * factors[c];
    }
}

MQ_CLONES void mq_scale_columns_factors(const float *restrict dy, const float *restrict x, float *restrict dfactors,
                                        long rows, int columns, int accumulate) {
    if (!accumulate) memset(dfactors, 0, sizeof(float) * (size_t)columns);
    for (long r = 0; r < rows; r++, dy += columns, x += columns)
        for (int c = 0; c < columns; c++) dfactors[c] += dy[c] * x[c];
}

MQ_CLONES void mq_copy_columns(const float *restrict x, long x_stride, float *restrict y, long y_stride, long rows,
                               int width, int accumulate) {
    for (long r = 0; r < rows; r++, x += x_stride, y += y_stride) {
        if (accumulate)
            for (int c = 0; c < width; c++) y[c] += x[c];
        else
            for (int c = 0; c < width; c++) y[c] = x[c];
    }
}

double mq_bce_with_logits(const float *logits, const float *labels, const float *weights, long count, float scale,
                          float *dlogits) {
    double loss = 0;
    for (long i = 0; i < count; i++) {
        float weight = weights ? weights[i] : 1, z = logits[i], y = labels[i];
        float e = expf(-fabsf(z));
        loss += weight * ((z > 0 ? z : 0) - z * y + log1pf(e));
        dlogits[i] = scale * weight * ((z >= 0 ? 1 : e) / (1 + e) - y);
    }
    return loss;
}

double mq_bpr(const float *positive, const float *negative, long count, float scale, float *dpositive,
              float *dnegative) {
    double loss = 0;
    for (long i = 0; i < count; i++) {
        float d = positive[i] - negative[i];
        loss += softplus(-d);
        float g = scale * sigmoid(-d);
        dpositive[i] = -g;
        dnegative[i] = g;
    }
    return loss;
}

double mq_softmax_cross_entropy(const float *logits, const int32_t *targets, long rows, int columns, float scale,
                                float *dlogits) {
    double loss = 0;
    for (long r = 0; r < rows; r++, logits += columns, dlogits += columns) {
        int target = targets ? targets[r] : 0;
        float peak = logits[0], sum = 0;
        for (int c = 1; c < columns; c++) peak = logits[c] > peak ? logits[c] : peak;
        for (int c = 0; c < columns; c++) sum += dlogits[c] = expf(logits[c] - peak);
        loss += logf(sum) - (logits[target] - peak);
        for (int c = 0; c < columns; c++) dlogits[c] = scale * (dlogits[c] / sum - (c == target));
    }
    return loss;
}

MQ_CLONES double mq_softmax_cross_entropy_in_place(float *logits, const int32_t *targets, long rows, int columns,
                                                   float scale) {
    MQ_FAST_SUMS
    double loss = 0;
    for (long r = 0; r < rows; r++, logits += columns) {
        const int32_t target = targets ? targets[r] : 0;
        if (target < 0) {
            memset(logits, 0, sizeof(float) * (size_t)columns);
            continue;
        }
        float peak = logits[0], sum = 0;
        for (int c = 1; c < columns; c++) peak = logits[c] > peak ? logits[c] : peak;
        const float right = logits[target] - peak;
        for (int c = 0; c < columns; c++) sum += logits[c] = mq_exp(logits[c] - peak);
        loss += logf(sum) - right;
        const float share = scale / sum;
        for (int c = 0; c < columns; c++) logits[c] *= share;
        logits[target] -= scale;
    }
    return loss;
}

void mq_correct_candidates(float *logits, long stride, const int32_t *targets, const int32_t *candidates,
                           const float *log_q, long rows, int count, int per_row) {
    for (long r = 0; r < rows; r++, logits += stride) {
        for (int c = 0; c < count; c++) {
            if (log_q) logits[c] -= log_q[c];
            if (candidates[c] == targets[r]) logits[c] = -INFINITY;
        }
        if (per_row) candidates += count;
        if (per_row && log_q) log_q += count;
    }
}

double mq_squared_error(const float *x, const float *targets, long count, float scale, float *dx) {
    double loss = 0;
    for (long i = 0; i < count; i++) {
        float difference = x[i] - targets[i];
        loss += (double)difference * difference;
        dx[i] = 2 * scale * difference;
    }
    return loss;
}
